"""Lines of an alert's history that the platform writes itself."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy.orm import Session

from alerts.engine.resident_finding import ResidentFinding
from alerts.episodes.members import named
from alerts.tables import Alert, AlertEvent


def write_line(session: Session, alert: Alert, what: str, one: ResidentFinding, now_ms: int) -> None:
    """Write down what was found and which device said it. [ms]."""
    data: dict[str, Any] = {"finding": plain(one.finding), **named(one)}
    if one.times > 1:
        data["times"] = one.times
    session.add(AlertEvent(alert_id=alert.id, at_ms=now_ms, what=what, data=data))


def plain(struct: msgspec.Struct) -> dict[str, Any]:
    """Return a struct as JSON that any database takes: a number that is not finite becomes null."""
    built: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(struct))
    return built
