"""Who read or wrote what of whom: one row an access; of a change in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from anhu.registry.tables import Audit
from api.security.roles import Viewer


def record(
    session: Session,
    viewer: Viewer,
    action: str,
    *,
    now_ms: int,
    resident_id: str = "",
    object_id: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write the audit row of a change, in its transaction; parameters as of `audit_row`."""
    row = audit_row(viewer, action, now_ms=now_ms, resident_id=resident_id, object_id=object_id, detail=detail)
    session.add(Audit(**row))


def audit_row(
    viewer: Viewer,
    action: str,
    *,
    now_ms: int,
    resident_id: str = "",
    object_id: str = "",
    detail: Mapping[str, Any] | None = None,
) -> Mapping[str, Any]:
    """Return an audit row.

    Parameters
    ----------
    action : str
        Object and verb: ``alert.read``, ``resident.write``.
    resident_id : str
        Whose data; empty when of several (then ``detail["residents"]`` names them) or of nobody.
    detail : mapping
        What else matters; never a secret, never the health data itself.
    """
    return {
        "at_ms": now_ms,
        "user_id": viewer.user_id,
        "action": action,
        "resident_id": resident_id,
        "object_id": object_id,
        "address": viewer.address[:64],
        "detail": dict(detail or {}),
    }
