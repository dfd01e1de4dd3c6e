"""Messages to users about their own account: a test, a code, the link to a new password."""

from __future__ import annotations

from sqlalchemy.orm import Session

from anhu.contract.words import text
from anhu.outbox.tables import Outbox
from anhu.registry.account_messages import CODE, KIND, RESET
from anhu.registry.account_tables import AccountMessage
from notify.channel import Delivery
from notify.subject import Failure, Letter, Subject, Telling


class AccountMessageSubject(Subject[AccountMessage]):
    """Told once; what a message proves is kept in the clear only until it is sent."""

    kind = KIND
    table = AccountMessage
    reaches_switched_off = True
    is_awaited = True

    def still_needed(self, outbox: Outbox, row: AccountMessage) -> bool:  # noqa: ARG002 - whatever the reason
        """Tell whether it was not used, or replaced by a newer one, meanwhile."""
        return row.used_at_ms is None

    def compose(self, row: AccountMessage, telling: Telling) -> Letter:
        """Say what it is, and what to do; nothing about any resident."""
        language, style = telling.contact.language, telling.style
        lines = [text(f"account_message.{row.kind}", language, code=row.secret)]
        lines += [text(f"account_message.{row.kind}_next", language)]
        link = f"{style.public_url}/reset?token={row.secret}" if row.kind == RESET else ""
        data = {"type": f"account.{row.kind}", "id": telling.outbox.idempotency_key}
        if row.kind == CODE:
            data["code"] = row.secret
        return Letter(
            subject=text(f"account_message.{row.kind}_subject", language),
            lines=tuple(lines),
            link=link,
            link_sentence="account_message.link",
            data=data,
        )

    def lock(self, session: Session, subject_id: str) -> AccountMessage | None:
        """Return the message, locked."""
        return session.get(AccountMessage, subject_id, with_for_update=True)

    def reached(self, session: Session, subject_id: str, said: Delivery, now_ms: int) -> None:  # noqa: ARG002 - whatever was said
        """Forget what stood in it: from now on only the recipient knows."""
        self._forget(session, subject_id)

    def failed(self, session: Session, subject_id: str, failure: Failure, now_ms: int) -> None:  # noqa: ARG002 - however it failed
        """Forget what stood in it: nobody will be told. The page of the contact shows why."""
        self._forget(session, subject_id)

    def _forget(self, session: Session, subject_id: str) -> None:
        row = self.lock(session, subject_id)
        if row is not None:
            row.secret = ""
