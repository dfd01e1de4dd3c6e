"""That an alert is over, or after all is not: for relatives who had been told of it, in their words."""

from __future__ import annotations

from sqlalchemy.orm import Session, object_session

from alerts.episodes.locking import lock_alerts
from alerts.episodes.relatives import family_note_of
from alerts.kinds import KINDS
from alerts.subject import CLOSED_ALERT, REOPENED
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

    def still_needed(self, outbox: Outbox, row: Alert) -> bool:
        """Tell whether it stands so still: what came back is not told as over, nor the reverse."""
        return row.is_open == (outbox.reason == REOPENED)

    def compose(self, row: Alert, telling: Telling) -> Letter:
        """Say what it was, and what the staff wrote for the family."""
        language, is_back = telling.contact.language, telling.outbox.reason == REOPENED
        session = object_session(row)
        note = family_note_of(session, row.id) if session and not is_back else ""
        kind = KINDS.get(row.kind)
        title = ((kind.zh if language == "zh-CN" else kind.en) if kind else row.kind) or row.kind
        name = masked(telling.resident.name) if telling.resident else ""
        outcome = text(f"web.family_outcome.{row.outcome}", language) if row.outcome else ""
        values = {"name": name, "title": title, "outcome": outcome, "note": note}
        said = "family_back" if is_back else "family_over"
        url = telling.style.public_url
        return Letter(
            subject=text(f"notify.{said}_subject", language, **values),
            lines=(
                text(f"notify.{said}", language, **values),
                *((text("notify.family_note", language, **values),) if note else ()),
            ),
            link=f"{url}/residents/{row.resident_id}" if url else "",
            link_sentence="notify.family_link",
            data={
                "type": "reopened_alert" if is_back else CLOSED_ALERT,
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
