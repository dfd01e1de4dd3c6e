"""A town with a centre, a doctor team and old people, in which time is moved forward and every message is noted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, cast

from sqlalchemy.orm import Session, sessionmaker

from alerts.engine.resident_finding import ResidentFinding
from alerts.episodes.findings import apply_findings
from alerts.episodes.lifecycle import Wanted
from alerts.finding import Condition, Evidence, Finding
from alerts.kinds import KINDS
from alerts.tables import Alert, AlertEvent
from anhu.contract.clock import ManualClock
from anhu.contract.priority import Priority
from anhu.outbox.callbacks import ProviderCall, keep
from anhu.outbox.tables import Outbox, Receipt
from anhu.registry.devices import create_device
from anhu.registry.organisations import create_centre, create_organisation, create_team
from anhu.registry.residents import create_resident
from api.dependencies import Dependencies
from api.services.answers import look, say
from ingest.store.port import StoreQuery
from tests.scenarios.inbox import Arrived, Inbox
from tests.scenarios.moments import moment_ms, shown, span_ms
from tests.scenarios.people import Person, add_person
from tests.scenarios.post import Post
from tests.scenarios.providers import Provider, Providers

_PRESENT, _GONE = Condition.PRESENT, Condition.GONE
START = "Monday 2026-11-23 12:00"
ZONE = "Asia/Shanghai"
NAMES = MappingProxyType({"r-1": "张桂兰", "r-2": "李四"})


def build(sessions: sessionmaker[Session]) -> None:
    """Write what every town has."""
    with sessions.begin() as session:
        create_organisation(session, name="Town", organisation_id="o-1")
        create_centre(session, name="Desk", centre_id="c-1", organisation_id="o-1")
        create_centre(session, name="Other desk", centre_id="c-2", organisation_id="o-1")
        create_team(session, name="Team", team_id="t-1", centre_id="c-1")
        for number, (resident, name) in enumerate(NAMES.items(), start=1):
            create_resident(session, name=name, now_ms=1, resident_id=resident, centre_id="c-1", team_id="t-1")
            create_device(session, device_id=f"w-{number}", codec="open_json", now_ms=1, resident_id=resident)


class Town:
    """What a scenario is played in.

    Parameters
    ----------
    sessions : sessionmaker
        A database that `build` has filled.
    """

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self.sessions = sessions
        self.zone = ZONE
        self.clock = ManualClock(moment_ms(START, ZONE))
        self.inbox = Inbox()
        self.replies = 0
        self.people: dict[str, Person] = {}
        self.providers = Providers(self._keep)
        self.post: Post | None = None
        self._deps = Dependencies(sessions=sessions, store=cast("StoreQuery", None), clock=self.clock)

    @property
    def now_ms(self) -> int:
        """The present moment. [ms]."""
        return self.clock.now_ms()

    def given(self, at: str = "", **who: str) -> None:
        """Put people into the town with what reaches them, ``daughter="SMS"``; or set the clock."""
        if at:
            self.clock.set(moment_ms(at, self.zone))
        self.people |= {name: add_person(self, name, over) for name, over in who.items()}
        self.close()

    def __getitem__(self, name: str) -> Person:
        return self.people[name]

    def provider(self, word: str) -> Provider:
        """Return who carries a channel."""
        return self.providers.of(word)

    def alarm(
        self, kind: str, *, of: str = "r-1", priority: str = "", late: bool = False, settle: bool = True, ago: str = ""
    ) -> str:
        """Have a detector find something, now or some time ago; return the alarm."""
        at_ms = self.now_ms - (span_ms(ago) if ago else 0)
        urgency = Priority[priority.upper()] if priority else KINDS[kind].priority
        evidence = Evidence(features={"peak_g": 3.4}, limits={"peak_g": 2.0})
        finding = Finding(kind, _PRESENT, at_ms, self.now_ms, score=0.9, priority=urgency, evidence=evidence)
        return self._found(ResidentFinding(of, f"w-{of.removeprefix('r-')}", finding, late), settle=settle)

    def finds(self, finding: Finding, *, of: str) -> str:
        """Have the engine find something that no single device says; return the alarm."""
        return self._found(ResidentFinding(of, "", finding), settle=True)

    def forward(self, span: str) -> None:
        """Move time forward; what came is not looked at yet."""
        self._forward_to(self.now_ms + span_ms(span))

    def goes_away(self, kind: str, *, of: str = "r-1") -> None:
        """Have a detector find that it is over."""
        finding = Finding(kind, _GONE, self.now_ms, self.now_ms, score=0.0, priority=KINDS[kind].priority)
        self._found(ResidentFinding(of, f"w-{of[-1]}", finding, late=False), settle=True)

    def after(self, span: str, about: str = "", **who: str) -> None:
        """Move time forward, and fail unless exactly these came, and all of them at the end of it."""
        until_ms = self.now_ms + span_ms(span)
        self._forward_to(until_ms)
        self.inbox.expect(who, about=about, at_ms=until_ms)

    def within(self, span: str, about: str = "", **who: str) -> None:
        """Move time forward, and fail unless exactly these came by then."""
        self._forward_to(self.now_ms + span_ms(span))
        self.inbox.expect(who, about=about)

    def expect(self, about: str = "", **who: str) -> None:
        """Fail unless exactly these came since the last look: ``daughter="SMS"``."""
        self.inbox.expect(who, about=about)

    def settle(self) -> None:
        """Do what is due now, and let the providers say what they have to say about it."""
        post = self.post or self.restart()
        post.step()
        while said := [(one, body) for one in self.providers.by_word.values() for body in one.receipts]:
            for provider, body in said:
                provider.receipts.remove(body)
                provider.say(body)
            post.step()
        self.look()

    def look(self) -> None:
        """Note what has arrived."""
        for word, provider in self.providers.by_word.items():
            for taken in provider.new():
                who = next((name for name in self.people if name in taken.to), taken.to)
                self.inbox.note(Arrived(self.now_ms, shown(self.now_ms, self.zone), who, word, taken.subject))

    def restart(self) -> Post:
        """End the dispatcher's process, and start a new one."""
        self.close()
        self.post = Post(self.sessions, self.clock, self.providers.settings)
        return self.post

    def close(self) -> None:
        """End the dispatcher's process."""
        if self.post is not None:
            self.post.close()
        self.post = None

    @contextmanager
    def acting(self, *, settle: bool = True) -> Iterator[Session]:
        """Let somebody change something; then what is due is done."""
        with self.sessions.begin() as session:
            yield session
        if settle:
            self.settle()

    def the(self, alarm: str = "") -> str:
        """Return the alarm that is meant: the only open one, where none is named."""
        if alarm:
            return alarm
        with self.sessions() as session:
            return session.query(Alert).filter_by(is_open=True).one().id

    def stands(self, alarm: str = "") -> tuple[str, str]:
        """Return how an alarm stands, and who has it."""
        with self.sessions() as session:
            found = session.get_one(Alert, self.the(alarm))
            return found.response, found.assignee

    def history(self) -> list[str]:
        """Return all lines of history."""
        with self.sessions() as session:
            return [row.what for row in session.query(AlertEvent).order_by(AlertEvent.id)]

    def of_kind(self, kind: str) -> str:
        """Return the open alarm of a kind."""
        with self.sessions() as session:
            return session.query(Alert).filter_by(is_open=True, kind=kind).one().id

    def receipts(self, alarm: str) -> list[str]:
        """Return what became of each message of an alarm, as its page says it."""
        with self.sessions() as session:
            mine = session.query(Receipt).join(Outbox, Outbox.id == Receipt.outbox_id).filter_by(subject_id=alarm)
            return [f"{row.state} {row.detail}".strip() for row in mine.order_by(Receipt.id)]

    def look_at_link(self, token: str) -> None:
        """Open the page behind a link, as a program does that scans messages, and press nothing."""
        assert look(self._deps, token, address="203.0.113.77") is not None
        self.settle()

    def clock_goes_back(self, span: str) -> None:
        """Set the wall clock back, as a time server does; the dispatcher notices."""
        self.clock.set(self.now_ms - span_ms(span))
        post = self.post or self.restart()
        post.dispatcher._due_work.clock_set_back(self.now_ms, span_ms(span))
        self.settle()

    def answer_by_link(self, token: str, what: Wanted, *, minutes: int | None = None) -> str:
        """Press a button of the page behind a link; return what became of it."""
        became = say(self._deps, token, what, minutes=minutes, address="203.0.113.9")
        self.settle()
        return str(became)

    def _found(self, found: ResidentFinding, *, settle: bool) -> str:
        with self.sessions.begin() as session:
            apply_findings(session, [found], now_ms=self.now_ms)
            rows = session.query(Alert).filter_by(resident_id=found.resident_id, is_open=True)
            newest = rows.order_by(Alert.raised_at_ms.desc(), Alert.last_at_ms.desc()).first()
            alarm = newest.id if newest else ""
        if settle:
            self.settle()
        return alarm

    def _forward_to(self, until_ms: int) -> None:
        self.settle()
        while self.now_ms < until_ms:
            post = self.post or self.restart()
            self.clock.set(min(post.next_ms() or until_ms, until_ms))
            self.settle()

    def _keep(self, channel: str, body: bytes) -> None:
        call: Any = ProviderCall("POST", {}, {}, body)
        with self.sessions.begin() as session:
            keep(session, channel, call, address="203.0.113.9", now_ms=self.now_ms)


@contextmanager
def open_town(sessions: sessionmaker[Session]) -> Iterator[Town]:
    """Open a town; at the end any message that nobody expected is a failure."""
    town = Town(sessions)
    try:
        yield town
        town.settle()
        town.expect()
    finally:
        town.close()
        town.providers.close()
