"""Cards of the queue: what an alert's row shows and which steps it offers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

from alerts.episodes.lifecycle import ALLOWED_FROM, Response
from alerts.kinds import DRILLS, KINDS
from alerts.kinds.sheet import Emergency
from api.pinyin import syllables
from api.schemas.alerts import AlertView
from api.schemas.desk import AnswerEndView, CardView, UntoldView
from api.schemas.people import PersonView
from api.schemas.sheet import ComingView
from api.web.buildings import building_of

_NUMBERS: Mapping[Emergency, str] = {"ambulance": "120", "fire_brigade": "119"}
_STEPS = {
    Response.ACKNOWLEDGED: "acknowledge",
    Response.ON_THE_WAY: "on_the_way",
    Response.ON_SCENE: "on_scene",
    Response.CLOSED: "close",
}


@dataclass(frozen=True, slots=True)
class Card:
    """One alert as its card shows it.

    Attributes
    ----------
    emergency : str
        Which emergency service to call now; empty mostly.
    steps : tuple of str
        What may be done next, the next one first: ``acknowledge``, ``on_the_way``, ``on_scene``, ``close``.
    answered_ms : int or None
        From the page to the first answer; None while nobody answered. [ms]
    untold : sequence or None
        Nobody can be told: each contact and why. None mostly.
    """

    alert: AlertView
    person: PersonView
    room: str
    assignee_name: str
    offered_to_name: str
    emergency: str
    steps: tuple[str, ...]
    answered_ms: int | None
    untold: Sequence[UntoldView] | None
    family: Sequence[ComingView]
    """What relatives say: who goes there, who is there, whom she spoke with."""
    answer_end: AnswerEndView | None
    """Until when the present answer stands; None where it stands for good."""

    @property
    def building(self) -> str:
        """Where it is, to choose by."""
        return building_of(self.person.address)

    @property
    def is_practice(self) -> bool:
        """Whether it is a drill or a test, and never counted; what is marked so and calls anew may be real."""
        return self.alert.kind in DRILLS or (bool(self.alert.practice) and not self.is_unanswered)

    @property
    def found_by(self) -> str:
        """What it is found by besides what it shows: sound and first letters of the name, digits of the telephones."""
        sounds = syllables(self.alert.resident_name)
        phones = [re.sub(r"\D", "", phone.number) for phone in self.person.phones if phone.owner != "centre"]
        return " ".join(("".join(sounds), "".join(one[:1] for one in sounds), *phones))

    @property
    def is_unanswered(self) -> bool:
        """Whether it is open and nobody answers it."""
        return self.alert.is_open and self.alert.response == Response.UNACKED

    @property
    def mark(self) -> str:
        """What differs when the card shows something different; what runs by itself left aside."""
        return f"{crc32(repr(self).encode()):08x}"

    @classmethod
    def of(cls, card: CardView, *, may_respond: bool) -> Card:
        """Return the card of an alert; without steps for those who may only look."""
        alert = card.alert
        answered = alert.acknowledged_at_ms
        return cls(
            alert=alert,
            person=card.person,
            room=card.room,
            assignee_name=card.assignee_name,
            offered_to_name=card.offered_to_name,
            emergency=_number_to_call(alert.kind) if card.emergency else "",
            steps=next_steps(alert.response) if may_respond else (),
            answered_ms=None if answered is None else answered - alert.raised_at_ms,
            untold=card.untold,
            family=card.family,
            answer_end=card.answer_end,
        )


def _number_to_call(kind: str) -> str:
    return _NUMBERS[KINDS[kind].emergency if kind in KINDS else "ambulance"]


def next_steps(response: str) -> tuple[str, ...]:
    """Return what may follow a response, the nearest first."""
    return tuple(step for wanted, step in _STEPS.items() if Response(response) in ALLOWED_FROM[wanted])
