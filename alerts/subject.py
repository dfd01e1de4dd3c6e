"""An alert as what messages are about."""

from __future__ import annotations

from anhu.outbox.subject import SubjectRef

ALERT = "alert"
NOBODYS_CALL = "nobodys_call"
CLOSED_ALERT = "closed_alert"
"""That an alert is over, for relatives who were told of it."""
REOPENED = "reopened"
"""Why relatives are written to when what was over is not."""


def subject_of(alert_id: str) -> SubjectRef:
    """Return what the outbox calls an alert."""
    return SubjectRef(ALERT, alert_id)
