"""Words for help in a message become an alarm of the desk, in the transaction that keeps the message."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.engine.help_in_message import KIND, finding_of
from alerts.engine.resident_finding import ResidentFinding
from alerts.episodes.findings import apply_findings
from alerts.tables import Alert
from anhu.registry.tables import Resident
from api.security.audit import record
from api.security.roles import Viewer


def raise_help(session: Session, viewer: Viewer, resident: Resident, found: Sequence[str], *, now_ms: int) -> str:
    """Raise the alert, or count one more call in the one that is open; return its identity. [ms].

    Empty for a resident who is watched no more: no alert can be raised, the message itself says so on its page.
    """
    finding = ResidentFinding(resident.id, "", finding_of(found, now_ms), received_ms=now_ms)
    apply_findings(session, [finding], now_ms=now_ms)
    raised = select(Alert.id).where(Alert.resident_id == resident.id, Alert.kind == KIND, Alert.is_open)
    alert_id = session.scalar(raised) or ""
    record(session, viewer, "message.help", now_ms=now_ms, resident_id=resident.id, object_id=alert_id)
    return alert_id
