"""A subject that is no alert: reminders, with a table of their own. What a care room would bring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from anhu.contract.priority import Priority
from anhu.outbox.subject import SubjectRef
from anhu.outbox.tables import Outbox
from anhu.outbox.writing import Draft, cancel, put
from notify.channel import Delivery
from notify.dispatcher import Dispatcher
from notify.subject import Failure, Letter, Subject, Telling
from notify.subjects import subjects
from tests.api.world import World


class ReminderBase(DeclarativeBase):
    """Tables that the platform's migrations do not know."""


class Reminder(ReminderBase):
    """Something that somebody must be reminded of."""

    __tablename__ = "reminder"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    words: Mapped[str] = mapped_column(String(100))
    done: Mapped[bool] = mapped_column(default=False)
    told: Mapped[str] = mapped_column(String(100), default="")


class ReminderSubject(Subject[Reminder]):
    """Reminders: told until they are done."""

    kind = "reminder"
    table = Reminder

    def still_needed(self, outbox: Outbox, row: Reminder) -> bool:  # noqa: ARG002 - the subject's shape
        if row.words == "undecidable":
            raise KeyError(row.words)
        return not row.done

    def compose(self, row: Reminder, telling: Telling) -> Letter:
        if row.words == "unspeakable":
            raise KeyError(row.words)
        about = telling.resident.name if telling.resident else "nobody"
        return Letter(
            subject=row.words,
            lines=(f"{row.words} ({about})", "second line", "third line"),
            link=f"{telling.style.public_url}/reminders/{row.id}",
            link_sentence="notify.link",
            data={"type": "reminder", "reminder_id": row.id},
        )

    def lock(self, session: Session, subject_id: str) -> Reminder | None:
        return session.get(Reminder, subject_id, with_for_update=True, populate_existing=True)

    def reached(self, session: Session, subject_id: str, said: Delivery, now_ms: int) -> None:  # noqa: ARG002 - the same
        row = session.get_one(Reminder, subject_id)
        if row.words == "untellable":
            raise KeyError(row.words)
        row.told = said.state

    def failed(self, session: Session, subject_id: str, failure: Failure, now_ms: int) -> None:  # noqa: ARG002 - the same
        session.get_one(Reminder, subject_id).told = f"failed: {failure.reason}; others: {failure.anybody_else}"


WITH_REMINDERS: dict[str, Subject[Any]] = {**subjects(), "reminder": ReminderSubject()}


@dataclass(frozen=True)
class Reminders:
    """Writes reminders as a room of its own would."""

    world: World

    def write(
        self,
        contact_id: str,
        *,
        reminder_id: str = "m-1",
        words: str = "take your pills",
        at_ms: int | None = None,
        priority: Priority = Priority.LOW,
        key: str = "",
    ) -> int:
        """Write a reminder and its message, in one transaction; return how many messages are new."""
        draft = Draft(
            key=key or f"{reminder_id}:{contact_id}",
            subject=SubjectRef("reminder", reminder_id),
            contact_id=contact_id,
            reason="due",
            priority=priority,
            resident_id="r-ours",
            due_at_ms=at_ms,
            data={},
        )
        with self.world.sessions.begin() as session:
            session.merge(Reminder(id=reminder_id, words=words, done=False, told=""))
            return put(session, [draft], now_ms=self.world.clock.now_ms())

    def finish(self, reminder_id: str = "m-1") -> None:
        """It was done: nobody need be reminded."""
        with self.world.sessions.begin() as session:
            session.get_one(Reminder, reminder_id).done = True
            cancel(session, SubjectRef("reminder", reminder_id))

    def forget(self, reminder_id: str = "m-1") -> None:
        """Delete the reminder, not its message."""
        with self.world.sessions.begin() as session:
            session.delete(session.get_one(Reminder, reminder_id))

    def told(self, reminder_id: str = "m-1") -> str:
        """Return what the reminder knows of its messages."""
        with self.world.sessions() as session:
            return session.get_one(Reminder, reminder_id).told


async def step(dispatcher: Dispatcher, world: World) -> None:
    """Do what is due now."""
    await dispatcher.step(world.clock.now_ms())
