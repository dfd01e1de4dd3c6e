"""Who did what."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.context import CurrentViewer, Cursor, Deps, Limit, Since, Until
from api.schemas.audit import AuditView
from api.schemas.base import Page
from api.services import audit

router = APIRouter(tags=["platform"])


@router.get("/audit", summary="Who did what")
def list_audit(
    *,
    deps: Deps,
    viewer: CurrentViewer,
    since: Since,
    until: Until,
    resident_id: Annotated[str, Query(max_length=64)] = "",
    user_id: Annotated[str, Query(max_length=64)] = "",
    action: Annotated[str, Query(max_length=64, description="What it begins with.", examples=["alert.read"])] = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Page[AuditView]:
    """Return accesses to health data and settings, newest first."""
    wanted = audit.AuditFilter(resident_id=resident_id, user_id=user_id, action=action, since_ms=since, until_ms=until)
    return audit.list_audit(deps, viewer, wanted=wanted, cursor=cursor, limit=limit)
