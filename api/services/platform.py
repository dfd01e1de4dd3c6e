"""How the platform itself is."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from alerts.episodes.lifecycle import Response
from alerts.tables import Alert
from anhu.contract.clock import DAY_MS, SECOND_MS
from anhu.contract.priority import Priority
from anhu.outbox.tables import Outbox
from anhu.registry.database import reading
from api.dependencies import Dependencies
from api.schemas.platform import Component, PlatformView
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_alerts
from api.services.heartbeat import heartbeat
from ingest.store.port import StoreQuery, StoreUnavailableError

_VITAL_PARTS = ("gateway", "alerts", "dispatcher")
SILENT_MS = 30 * SECOND_MS
"""A part that has said nothing for so long has fallen silent. [ms]"""
_WATCHER = "watcher"
_FAILING_MS = 80 * SECOND_MS
"""One test call may be lost to a restart; the next must arrive. [ms]"""


def platform(deps: Dependencies, viewer: Viewer) -> PlatformView:
    """Return the state of the platform's parts, and the queue in numbers as far as the viewer may see it."""
    require(viewer, Permission.READ_PLATFORM)
    now_ms = deps.clock.now_ms()
    store, beats = _ping(deps.store), heartbeat(deps, viewer)  # first: nobody holds the database meanwhile
    with reading(deps.sessions)() as session:
        unanswered = (Alert.priority == Priority.HIGH, Alert.response == Response.UNACKED)
        return PlatformView(
            now_ms=now_ms,
            database=session.get_bind().dialect.name,
            store=store,
            components=list(deps.components()),
            open_alerts=_count(session, viewer),
            unanswered_high=_count(session, viewer, *unanswered),
            notifications=_notifications(session, now_ms - DAY_MS),
            heartbeat=beats,
        )


def parts_down(deps: Dependencies) -> tuple[str, ...]:
    """Return which parts without which alerts do not come are silent; empty where nobody reports parts."""
    parts = deps.components()
    said: dict[str, int] = {}
    for part in parts:
        said[part.name] = max(said.get(part.name, 0), part.at_ms)  # where others do its work, one may be silent
    if not said:
        return ()
    now_ms = deps.clock.now_ms()
    wanted = (*_VITAL_PARTS, *(part for part in (_WATCHER,) if part in said))
    silent = tuple(name for name in wanted if said.get(name, 0) < now_ms - SILENT_MS)
    return silent or _heartbeat_down(parts, now_ms)


def _heartbeat_down(parts: Sequence[Component], now_ms: int) -> tuple[str, ...]:
    """Return where the platform's own test calls end, when more than one did not arrive. [ms]."""
    watchers = [part for part in parts if part.name == _WATCHER]
    said = max((part.counters for part in watchers), key=lambda own: own.get("last_beat_ms", 0.0), default={})
    since_ms = said.get("failing_since_ms", 0.0)
    if not since_ms or now_ms - since_ms < _FAILING_MS:
        return ()
    return tuple(f"heartbeat_{stage}" for stage in ("door", "alert", "phone") if said.get(f"failed_{stage}"))


def _ping(store: StoreQuery) -> str:
    try:
        return store.ping()
    except StoreUnavailableError:
        return ""


def _count(session: Session, viewer: Viewer, *conditions: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(Alert).where(Alert.is_open, visible_alerts(viewer), *conditions)
    return session.scalar(query) or 0


def _notifications(session: Session, since_ms: int) -> dict[str, int]:
    query = (
        select(Outbox.state, func.count().label("messages"))
        .where(Outbox.created_at_ms >= since_ms)
        .group_by(Outbox.state)
    )
    return {row.state: row.messages for row in session.execute(query)}
