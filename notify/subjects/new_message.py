"""That there are new messages in a resident's thread: said once until they are read, without what they say."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, object_session

from anhu.contract.masking import masked
from anhu.contract.words import text
from anhu.outbox.tables import Outbox
from anhu.registry.care_tables import MessageMark
from anhu.registry.tables import Contact, Resident
from notify.channel import Delivery
from notify.subject import Failure, Letter, Subject, Telling


class NewMessageSubject(Subject[Resident]):
    """A hint that something waits to be read; the page has it, not the letter."""

    kind = "new_message"
    table = Resident

    def still_needed(self, outbox: Outbox, row: Resident) -> bool:
        """Tell whether the reader has not read it meanwhile."""
        session = object_session(row)
        contact = session.get(Contact, outbox.contact_id) if session else None
        if session is None or contact is None:
            return True
        read = session.scalar(
            select(MessageMark.read_id).where(
                MessageMark.user_id == contact.owner_id, MessageMark.resident_id == row.id
            )
        )
        return int(outbox.data.get("message_id", 0)) > (read or 0)

    def compose(self, row: Resident, telling: Telling) -> Letter:
        """Say that somebody wrote, and where to read it."""
        language, url = telling.contact.language, telling.style.public_url
        values = {"name": masked(row.name)}
        return Letter(
            subject=text("notify.message_subject", language, **values),
            lines=(text("notify.message_new", language, **values), text("notify.message_no_alarm", language)),
            link=f"{url}/residents/{row.id}/messages" if url else "",
            link_sentence="notify.message_link",
            data={"type": self.kind, "id": telling.outbox.idempotency_key, "resident_id": row.id},
        )

    def lock(self, session: Session, subject_id: str) -> Resident | None:
        """Return the resident, locked; messages may still be added."""
        wanted = select(Resident).where(Resident.id == subject_id)
        return session.scalar(wanted.with_for_update(key_share=True))

    def reached(self, session: Session, subject_id: str, said: Delivery, now_ms: int) -> None:
        """Nothing follows: that it arrived does not mean that it was read."""

    def failed(self, session: Session, subject_id: str, failure: Failure, now_ms: int) -> None:
        """Nothing follows: the number of unread messages stands on every page."""
