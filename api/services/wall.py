"""Wall screens: numbers, kinds and buildings for a whole room, on a token that can do nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from anhu.contract.clock import DAY_MS, HOUR_MS
from anhu.registry.database import reading
from anhu.registry.roles import Role, Scope
from anhu.registry.rota.on_call import Because, on_call
from anhu.registry.tables import Token, User
from api.dependencies import Dependencies
from api.schemas.alerts import PRIORITY_WORDS
from api.schemas.wall import WallCall, WallDuty, WallView
from api.security.audit import record
from api.security.roles import Permission, Viewer, require, require_session
from api.security.viewers import new_secret, token_digest
from api.security.visibility import is_own_rota, visible_rota_owners
from api.services.login import SESSION_MS
from api.services.open_alerts import OpenAlert, open_alerts, watches_anybody
from api.visit import visit_many

WALL_MS = 30 * DAY_MS
"""How long a screen shows without anybody logging in again. [ms]"""
_LINES = 6
_HERE_MS = HOUR_MS


def start_wall(deps: Dependencies, viewer: Viewer, *, session_token: str) -> str:
    """Make the viewer's browser a wall screen: return its token, and end the session in it.

    Nobody stays logged in at a screen that a whole room can reach.
    """
    require_session(viewer)
    require(viewer, Permission.RESPOND)
    now_ms, token = deps.clock.now_ms(), new_secret()
    with deps.sessions.begin() as session:
        session.add(
            Token(
                sha256=token_digest(token),
                user_id=viewer.user_id,
                purpose="wall",
                label="wall screen",
                csrf="",
                scopes=Scope.READ.value,
                created_at_ms=now_ms,
                expires_at_ms=now_ms + WALL_MS,
            )
        )
        session.execute(delete(Token).where(Token.sha256 == token_digest(session_token)))
        record(session, viewer, "wall.start", now_ms=now_ms)
    return token


def read_wall(deps: Dependencies, viewer: Viewer) -> WallView:
    """Return the state of all open alerts that the viewer may see; whom they are about only where names are allowed."""
    require(viewer, Permission.READ_HEALTH)
    require(viewer, Permission.READ_PLATFORM)
    if deps.screens.wall_names:
        with visit_many(deps, viewer, "alert.wall") as visit:
            alerts = open_alerts(visit.session, viewer)
            visit.detail["residents"] = sorted({one.resident_id for one in _urgent(alerts)})
            return _state(visit.session, viewer, alerts, now_ms=visit.now_ms, names=True)
    with reading(deps.sessions)() as session:
        return _state(session, viewer, open_alerts(session, viewer), now_ms=deps.clock.now_ms(), names=False)


def _urgent(alerts: Sequence[OpenAlert]) -> list[OpenAlert]:
    """Return the unanswered ones that are shown, the one that called last behind them."""
    waiting = [one for one in alerts if one.is_unanswered]
    newest = max(waiting, key=lambda one: one.newest_call, default=None)
    return [*waiting[:_LINES], *([newest] if newest else [])]


def _state(session: Session, viewer: Viewer, alerts: Sequence[OpenAlert], *, now_ms: int, names: bool) -> WallView:
    counted = [one for one in alerts if not one.is_practice]
    calls = [_call(one, names=names) for one in _urgent(alerts)]
    return WallView(
        waiting=Counter(PRIORITY_WORDS[one.priority] for one in counted if one.is_unanswered),
        answered=Counter(PRIORITY_WORDS[one.priority] for one in counted if not one.is_unanswered),
        practice=len(alerts) - len(counted),
        oldest=calls[:-1],
        newest=calls[-1] if calls else None,
        on_duty=_on_duty(session, viewer, _at_desk(session, viewer, now_ms), now_ms),
        watches_anybody=bool(alerts) or watches_anybody(session, viewer),
    )


def _call(one: OpenAlert, *, names: bool) -> WallCall:
    priority = PRIORITY_WORDS[one.priority]
    return WallCall(one.kind, priority, one.address, one.resident_name if names else "", one.started_at_ms)


def _on_duty(session: Session, viewer: Viewer, here: Collection[str], now_ms: int) -> list[WallDuty]:
    """Return who is on call by the own rotas, and whether that person is logged in; without a rota who is logged in."""
    own = [one for one in visible_rota_owners(session, viewer) if is_own_rota(viewer, one) or viewer.role is Role.ADMIN]
    found = [on_call(session, one.kind, one.id, now_ms) for one in own]
    if all(one.because in (Because.NO_ROTA, Because.OFF_HOURS) for one in found):
        return [WallDuty(name, is_here=True) for name in here]
    wanted = {user for one in found if one.because is Because.SHIFT for user in one.members}
    names = session.scalars(select(User.name).where(User.id.in_(wanted)).order_by(User.name))
    return [WallDuty(name, is_here=name in here) for name in names]


def _at_desk(session: Session, viewer: Viewer, now_ms: int) -> list[str]:
    """Return who has a session in use in the viewer's centre or team: a session is renewed while somebody works."""
    in_use = (Token.purpose == "session", Token.expires_at_ms > now_ms + SESSION_MS - _HERE_MS)
    query = select(User.name).join(Token, Token.user_id == User.id).where(*in_use, User.enabled)
    if viewer.role is Role.DESK:
        query = query.where(User.centre_id == viewer.centre_id, User.role == Role.DESK)
    elif viewer.role is Role.TEAM:
        query = query.where(User.team_id == viewer.team_id, User.role == Role.TEAM)
    else:
        query = query.where(User.role.in_((Role.DESK, Role.TEAM)))
    return list(session.scalars(query.distinct().order_by(User.name)))
