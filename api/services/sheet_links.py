"""Links to an emergency sheet for people without a login: short-lived, revocable, every use on record.

A link lends its maker's eyes: whoever may not see the resident any more, or is disabled, opens nothing with it.
"""

from __future__ import annotations

import secrets

from sqlalchemy import Select, select

from anhu.contract.clock import HOUR_MS
from anhu.contract.identity import new_id
from anhu.registry.care_tables import SheetLink
from anhu.registry.database import reading
from anhu.registry.tables import User
from api.dependencies import Dependencies
from api.errors import ConflictError, NotFoundError
from api.qr import qr_rows
from api.schemas.sheet import MadeSheetLink, NewSheetLink, SheetLinkView
from api.security.audit import record
from api.security.roles import Permission, Viewer, require
from api.security.viewers import token_digest, viewer_of
from api.security.visibility import visible_alert, visible_resident
from api.visit import ResidentVisit, visit_resident

LIFE_MS = 4 * HOUR_MS
"""An ambulance has come and gone by then. [ms]"""
MOST_LIVE = 10
_SECRET_BYTES = 16
PATH = "/s/"


def make_link(
    deps: Dependencies, viewer: Viewer, resident_id: str, given: NewSheetLink, *, base_url: str
) -> MadeSheetLink:
    """Make a link below a base; its address is told this once. Raises `ConflictError` when too many live."""
    require(viewer, Permission.RESPOND)
    now_ms = deps.clock.now_ms()
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    with deps.sessions.begin() as session:
        resident = visible_resident(session, viewer, resident_id)
        if given.alert_id and visible_alert(session, viewer, given.alert_id).resident_id != resident.id:
            raise NotFoundError(f"no alert {given.alert_id!r}")
        if len(session.execute(_live(resident.id, now_ms)).all()) >= MOST_LIVE:
            raise ConflictError(f"{MOST_LIVE} links are open already: revoke one")
        row = SheetLink(
            id=new_id("sl"),
            sha256=token_digest(secret),
            resident_id=resident.id,
            alert_id=given.alert_id,
            made_by=viewer.user_id,
            made_at_ms=now_ms,
            expires_at_ms=now_ms + LIFE_MS,
            opened=0,
        )
        session.add(row)
        session.flush()
        record(session, viewer, "sheet.link", now_ms=now_ms, resident_id=resident.id, object_id=row.id)
        url = f"{base_url}{PATH}{secret}"
        return MadeSheetLink(**_view(row, viewer.name).model_dump(), url=url, qr=qr_rows(url))


def list_links(deps: Dependencies, viewer: Viewer, resident_id: str) -> list[SheetLinkView]:
    """Return a resident's links that still open something."""
    require(viewer, Permission.RESPOND)
    with visit_resident(deps, viewer, resident_id, "sheet.links") as visit:
        return links_of(visit)


def links_of(visit: ResidentVisit) -> list[SheetLinkView]:
    """Return the visited resident's links that still open something."""
    return [_view(*row) for row in visit.session.execute(_live(visit.resident_id, visit.now_ms))]


def revoke_link(deps: Dependencies, viewer: Viewer, resident_id: str, link_id: str) -> None:
    """Let a link open nothing any more, at once."""
    require(viewer, Permission.RESPOND)
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        resident = visible_resident(session, viewer, resident_id)
        row = session.get(SheetLink, link_id)
        if row is None or row.resident_id != resident.id:
            raise NotFoundError(f"no link {link_id!r}")
        if row.revoked_at_ms is None:
            row.revoked_at_ms = now_ms
            record(session, viewer, "sheet.revoke", now_ms=now_ms, resident_id=resident.id, object_id=row.id)


def open_link(deps: Dependencies, secret: str, *, address: str) -> tuple[Viewer, SheetLinkView]:
    """Return whose eyes a link lends, and the link; the use is counted and on record.

    Raises
    ------
    NotFoundError
        For a link that never was, has ended, or was revoked: the answer is the same.
    """
    now_ms = deps.clock.now_ms()
    alive = (SheetLink.sha256 == token_digest(secret), SheetLink.revoked_at_ms.is_(None))
    wanted = select(SheetLink, User).join(User, User.id == SheetLink.made_by).where(*alive, User.enabled)
    wanted = wanted.where(SheetLink.expires_at_ms > now_ms)
    with reading(deps.sessions)() as session:
        if session.execute(wanted).one_or_none() is None:  # who guesses does not make anybody wait who writes
            raise NotFoundError("no such sheet")
    with deps.sessions.begin() as session:
        found = session.execute(wanted.with_for_update(of=SheetLink)).one_or_none()
        if found is None:
            raise NotFoundError("no such sheet")
        row, maker = found
        viewer = viewer_of(maker, address=address)
        require(viewer, Permission.RESPOND)
        visible_resident(session, viewer, row.resident_id)
        row.opened, row.opened_at_ms = row.opened + 1, now_ms
        record(session, viewer, "sheet.open", now_ms=now_ms, resident_id=row.resident_id, object_id=row.id)
        return viewer, _view(row, maker.name)


def _live(resident_id: str, now_ms: int) -> Select[SheetLink, str]:
    return (
        select(SheetLink, User.name)
        .join(User, User.id == SheetLink.made_by)
        .where(
            SheetLink.resident_id == resident_id, SheetLink.revoked_at_ms.is_(None), SheetLink.expires_at_ms > now_ms
        )
        .order_by(SheetLink.made_at_ms)
    )


def _view(row: SheetLink, made_by_name: str) -> SheetLinkView:
    return SheetLinkView(
        id=row.id,
        resident_id=row.resident_id,
        alert_id=row.alert_id,
        made_by_name=made_by_name,
        made_at_ms=row.made_at_ms,
        expires_at_ms=row.expires_at_ms,
        opened=row.opened,
        opened_at_ms=row.opened_at_ms,
    )
