"""That an alert is over: for relatives who had been told of it, in their words."""

from __future__ import annotations

from sqlalchemy.orm import Session, object_session

from alerts.episodes.locking import lock_alerts
from alerts.episodes.relatives import family_note_of
from alerts.kinds import KINDS
from alerts.subject import CLOSED_ALERT
from alerts.tables import Alert
from anhu.contract.masking import masked
from anhu.contract.words import text
from anhu.outbox.tables import Outbox
from notify.channel import Delivery
from notify.subject import Failure, Letter, Subject, Telling


class ClosedAlertSubject(Subject[Alert]):
    """Told once, to whoever was told of the alert and is no staff."""

    kind = CLOSED_ALERT
    table = Alert

    def still_needed(self, outbox: Outbox, row: Alert) -> bool:  # noqa: ARG002 - whoever it goes to
        """Tell whether it is over still: what came back is told as an alert."""
        return not row.is_open

    def compose(self, row: Alert, telling: Telling) -> Letter:
        """Say what it was, and what the staff wrote for the family."""
        language = telling.contact.language
        session = object_session(row)
        note = family_note_of(session, row.id) if session else ""
        kind = KINDS.get(row.kind)
        title = ((kind.zh if language == "zh-CN" else kind.en) if kind else row.kind) or row.kind
        name = masked(telling.resident.name) if telling.resident else ""
        outcome = text(f"web.family_outcome.{row.outcome}", language) if row.outcome else ""
        values = {"name": name, "title": title, "outcome": outcome, "note": note}
        url = telling.style.public_url
        return Letter(
            subject=text("notify.family_over_subject", language, **values),
            lines=(
                text("notify.family_over", language, **values),
                *((text("notify.family_note", language, **values),) if note else ()),
            ),
            link=f"{url}/residents/{row.resident_id}" if url else "",
            link_sentence="notify.family_link",
            data={
                "type": CLOSED_ALERT,
                "id": telling.outbox.idempotency_key,
                "alert_id": row.id,
                "outcome": row.outcome,
            },
        )

    def lock(self, session: Session, subject_id: str) -> Alert | None:
        """Return the alert, locked."""
        return next(iter(lock_alerts(session, Alert.id == subject_id)), None)

    def reached(self, session: Session, subject_id: str, said: Delivery, now_ms: int) -> None:
        """Nothing follows: it is over."""

    def failed(self, session: Session, subject_id: str, failure: Failure, now_ms: int) -> None:
        """Nothing follows: the family's page says it too."""
