"""Questions "are you well?" that nobody answers, as what messages are about: told to whoever asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import Session

from alerts.silent_questions import ASK_OK, questions, silent_at, silent_at_ms
from anhu.contract.clock import HOUR_MS, SECOND_MS, to_rfc3339
from anhu.contract.priority import Priority
from anhu.contract.words import text
from anhu.outbox.subject import SubjectRef
from anhu.outbox.tables import Outbox
from anhu.outbox.writing import Draft, put
from anhu.registry.call_list import CALL_ONLY
from anhu.registry.tables import Contact, Device, DeviceCommand
from notify.channel import Delivery
from notify.subject import Failure, Letter, Subject, Telling

SILENT_QUESTION = "silent_question"
_TOLD_WITHIN_MS = 24 * HOUR_MS
_AT_ONCE = 50
_UNTOLD = (
    DeviceCommand.name == ASK_OK,
    DeviceCommand.asked_by != "",
    DeviceCommand.silent_told_ms.is_(None),
    DeviceCommand.answered_at_ms.is_(None),
)


class SilentQuestionSubject(Subject[DeviceCommand]):
    """Told once; the desk and the device's page show it besides."""

    kind = SILENT_QUESTION
    table = DeviceCommand

    def still_needed(self, outbox: Outbox, row: DeviceCommand) -> bool:  # noqa: ARG002 - whoever it goes to
        """Tell whether still nobody has answered."""
        return row.answered_at_ms is None

    def compose(self, row: DeviceCommand, telling: Telling) -> Letter:
        """Say which device, when it was asked, and whether it got the question."""
        language, style = telling.contact.language, telling.style
        moment = datetime.fromtimestamp(row.created_at_ms / SECOND_MS, tz=style.zone).strftime("%Y-%m-%d %H:%M (UTC%z)")
        values = {"device": row.device_id, "time": moment}
        how = "delivered" if row.delivered_at_ms is not None else "undelivered"
        return Letter(
            subject=text("command.silent_subject", language, **values),
            lines=tuple(text(f"command.silent_{line}", language, **values) for line in (how, "next")),
            link=f"{style.public_url}/devices/{row.device_id}" if style.public_url else "",
            link_sentence="notify.link",
            data={
                "type": SILENT_QUESTION,
                "id": telling.outbox.idempotency_key,
                "device_id": row.device_id,
                "asked_at": to_rfc3339(row.created_at_ms),
                "delivered": row.delivered_at_ms is not None,
            },
        )

    def lock(self, session: Session, subject_id: str) -> DeviceCommand | None:
        """Return the question, locked."""
        return session.get(DeviceCommand, subject_id, with_for_update=True)

    def reached(self, session: Session, subject_id: str, said: Delivery, now_ms: int) -> None:
        """Nothing follows: the pages go on showing it."""

    def failed(self, session: Session, subject_id: str, failure: Failure, now_ms: int) -> None:
        """Nothing follows: the pages go on showing it."""

    def next_due(self) -> ScalarSelect[int]:
        """Return the query for when the next question is silent for too long."""
        return select(func.min(silent_at())).where(*_UNTOLD).scalar_subquery()

    def advance(self, session: Session, now_ms: int) -> Mapping[str, int]:
        """Tell whoever asked what nobody answers; what is a day old only the pages show."""
        due = questions(since_ms=0).where(*_UNTOLD, silent_at() <= now_ms).limit(_AT_ONCE)
        told = 0
        for row in session.scalars(due.with_for_update(skip_locked=True)).all():
            row.silent_told_ms = now_ms
            if silent_at_ms(row) > now_ms - _TOLD_WITHIN_MS:
                told += put(session, _drafts(session, row), now_ms=now_ms)
        return {"silent_questions_told": told}


def _drafts(session: Session, row: DeviceCommand) -> list[Draft]:
    usable = (Contact.enabled, Contact.channel != CALL_ONLY)
    mine = select(Contact).where(*usable, Contact.owner_kind == "user", Contact.owner_id == row.asked_by)
    resident_id = session.scalar(select(Device.resident_id).where(Device.id == row.device_id))
    return [
        Draft(
            key=f"{SILENT_QUESTION}:{row.id}:{contact.id}",
            subject=SubjectRef(SILENT_QUESTION, row.id),
            contact_id=contact.id,
            reason="silent",
            priority=Priority.HIGH,
            resident_id=resident_id,
            due_at_ms=None,
            data={},
        )
        for contact in session.scalars(mine.order_by(Contact.id))
    ]
