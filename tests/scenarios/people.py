"""Who there is, and what people do: on the desk, by telephone, by text."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from alerts.episodes import responses
from alerts.episodes.lifecycle import Wanted
from anhu.registry.contacts import create_contact
from anhu.registry.tables import Contact, User
from anhu.registry.users import create_user, link_family
from notify.channels.sms.fake import SmsServer
from notify.channels.voice.fake import VoiceServer
from notify.channels.webhook.fake import WebhookServer
from notify.cloud.fake_cloud import Asked

if TYPE_CHECKING:
    from tests.scenarios.town import Town

_RELATIVES = {"daughter": 1, "son": 2, "nephew": 3}
_STAFF: dict[str, dict[str, Any]] = {
    "operator": {"role": "desk"},
    "colleague": {"role": "desk"},
    "carer": {"role": "desk", "duty": "carer"},
    "lead": {"role": "desk", "is_lead": True},
    "chief": {"role": "desk", "duty": "supervisor"},
    "director": {"role": "desk", "duty": "supervisor", "centre_id": "c-2"},
    "gp": {"role": "team", "duty": "gp"},
    "nurse": {"role": "team", "duty": "nurse"},
}
_HOUSES = {
    "desk": ("centre", "c-1"),
    "elsewhere": ("centre", "c-2"),
    "team": ("team", "t-1"),
    "resident": ("resident", "r-1"),
}


@dataclass(slots=True)
class Person:
    """Somebody, or a desk or team as a whole, with ways of being reached.

    Attributes
    ----------
    owner_id : str
        Of a contact; for a person the user.
    """

    town: Town
    name: str
    owner_kind: str
    owner_id: str
    contacts: dict[str, str] = field(default_factory=dict)

    def takes(self, alarm: str = "") -> None:
        """Press "accept" on the desk."""
        with self.town.acting() as session:
            responses.acknowledge(session, self.town.the(alarm), actor=self.owner_id, now_ms=self.town.now_ms)

    def goes(self, alarm: str = "") -> None:
        """Say on the desk that somebody is on the way."""
        with self.town.acting() as session:
            responses.on_the_way(session, self.town.the(alarm), actor=self.owner_id, now_ms=self.town.now_ms)

    def arrives(self, alarm: str = "") -> None:
        """Say on the desk that somebody is there."""
        with self.town.acting() as session:
            responses.on_scene(session, self.town.the(alarm), actor=self.owner_id, now_ms=self.town.now_ms)

    def remarks(self, text: str, alarm: str = "") -> None:
        """Write a remark on the desk."""
        with self.town.acting() as session:
            alarm = self.town.the(alarm)
            responses.comment(session, alarm, text, actor=self.owner_id, now_ms=self.town.now_ms)

    def closes(self, outcome: str = "true", alarm: str = "") -> None:
        """End the alarm on the desk."""
        with self.town.acting() as session:
            alarm = self.town.the(alarm)
            responses.close(session, alarm, outcome, actor=self.owner_id, now_ms=self.town.now_ms)

    def replies(self, text: str) -> None:
        """Answer by SMS."""
        self.town.replies += 1
        number = self.contacts["SMS"]
        self.town.provider("SMS").say(SmsServer.reply("aliyun", number, text, sequence=self.town.replies))
        self.town.settle()

    def code(self, number: int = -1) -> str:
        """Return the code in one of the texts to this person, the newest unless said otherwise."""
        texts = [
            one for one, _ in self.town.provider("SMS").asked if one.values["PhoneNumbers"] in self.contacts["SMS"]
        ]
        return SmsServer.variables(texts[number])["code"]

    def hears(self) -> str:
        """Return what the last call says of the keys."""
        return VoiceServer.spoken(self._last_call()[0])["keys"]

    def presses(self, key: str) -> None:
        """Press a key in the last call."""
        asked, number = self._last_call()
        self.town.provider("call").say(VoiceServer.key(asked, number, key))
        self.town.settle()

    def does_not_pick_up(self) -> None:
        """Let the last call ring out."""
        asked, number = self._last_call()
        self.town.provider("call").say(VoiceServer.result(asked, number, "200003"))
        self.town.settle()

    def link(self) -> str:
        """Return the token of the link in the last message to this person's webhook."""
        server = self.town.provider("webhook").server
        assert isinstance(server, WebhookServer)
        mine = [call for call in server.calls if call.path == f"/{self.name}"]
        link: str = json.loads(mine[-1].body)["answer_link"]
        return link.rpartition("/")[2]

    def answers_by_link(self, what: Wanted, *, minutes: int | None = None) -> str:
        """Open the link and press a button; return what became of it."""
        return self.town.answer_by_link(self.link(), what, minutes=minutes)

    def _last_call(self) -> tuple[Asked, str]:
        mine = self.contacts["call"]
        calls = [one for one in self.town.provider("call").asked if one[0].values["CalledNumber"] in mine]
        return calls[-1]


def add_person(town: Town, name: str, over: str) -> Person:
    """Put somebody into the town who is reached over these channels, such as ``SMS and call``."""
    with town.acting(settle=False) as session:
        kind, owner_id = _HOUSES.get(name) or ("user", _user(session, name))
        person = Person(town, name, kind, owner_id)
        for word in over.split(" and ") if over else ():
            to = town.provider(word).address(name)
            channel = town.provider(word).channel
            create_contact(
                session, owner_kind=kind, owner_id=owner_id, channel=channel, address=to.address, secret=to.secret
            )
            person.contacts[word] = to.address
    return person


def set_contacts(town: Town, person: Person, **changes: object) -> None:
    """Change all contacts of somebody: quiet hours, priority, switched off."""
    with town.acting(settle=False) as session:
        for row in session.query(Contact).filter_by(owner_kind=person.owner_kind, owner_id=person.owner_id):
            for name, value in changes.items():
                setattr(row, name, value)


def _user(session: Session, name: str) -> str:
    user_id = f"u-{name}"
    if session.get(User, user_id) is not None:
        return user_id
    if name in _RELATIVES:
        create_user(session, login=name, name=name, role="family", user_id=user_id)
        link_family(session, user_id=user_id, resident_id="r-1", relation=name, rank=_RELATIVES[name])
        return user_id
    facts = _STAFF[name]
    create_user(
        session,
        login=name,
        name=name,
        user_id=user_id,
        role=str(facts["role"]),
        duty=str(facts.get("duty", "")),
        is_lead=bool(facts.get("is_lead")),
        centre_id=str(facts.get("centre_id", "c-1")) if facts["role"] == "desk" else None,
        team_id="t-1" if facts["role"] == "team" else None,
    )
    return user_id
