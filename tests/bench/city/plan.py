"""What a city is asked: every route of the access matrix as those who may, and lists narrowed as people narrow them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from tests.api.matrix.callers import CALLERS
from tests.api.matrix.oracle import may
from tests.api.matrix.plans import Asked, _asked, grid

WHO = (
    "desk-lead-a-session",
    "desk-a",
    "team-a",
    "team-lead-b-session",
    "family-a",
    "vendor-a",
    "admin",
    "admin-session",
)
"""Desk, doctor and nurse, family, vendor, and who sees everybody: administrator and health office."""
_NARROWED: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("GET /api/v1/alerts", {"open": "true"}),
    ("GET /api/v1/alerts", {"open": "true", "order": "queue"}),
    ("GET /api/v1/alerts", {"order": "newest"}),
    ("GET /api/v1/alerts", {"order": "newest", "kind": "fall"}),
    ("GET /api/v1/alerts", {"order": "queue", "kind": "smoke"}),
    ("GET /api/v1/alerts", {"order": "newest", "kind": "smoke"}),
    ("GET /api/v1/alerts", {"order": "newest", "response": "on_scene"}),
    ("GET /api/v1/alerts", {"order": "newest", "centre_id": "b"}),
    ("GET /api/v1/alerts", {"order": "newest", "team_id": "b"}),
    ("GET /api/v1/alerts", {"order": "newest", "min_priority": "high"}),
    ("GET /api/v1/alerts", {"order": "newest", "since": "2026-11-01T00:00:00Z", "until": "2026-11-02T00:00:00Z"}),
    ("GET /api/v1/alerts", {"order": "queue", "since": "2026-11-01T00:00:00Z"}),
    ("GET /api/v1/alerts", {"resident_id": "r-A"}),
    ("GET /api/v1/residents", {"name": "王秀英77"}),
    ("GET /api/v1/residents", {"name": "无此人"}),
    ("GET /api/v1/residents", {"centre_id": "b"}),
    ("GET /api/v1/residents", {"team_id": "b"}),
    ("GET /api/v1/residents", {"active": "false"}),
    ("GET /residents", {"q": "王秀英77"}),
    ("GET /residents", {"q": "无此人"}),
    ("GET /residents", {"q": "13800000077"}),
    ("GET /api/v1/devices", {"enabled": "false"}),
    ("GET /api/v1/devices", {"limit": "200"}),
    ("GET /api/v1/users", {"limit": "200"}),
    ("GET /api/v1/audit", {"resident_id": "r-A"}),
    ("GET /api/v1/audit", {"resident_id": "王秀英77"}),
    ("GET /api/v1/audit", {"user_id": "u-desk-5"}),
    ("GET /api/v1/audit", {"user_id": "无此人"}),
    ("GET /api/v1/audit", {"action": "resident"}),
    ("GET /api/v1/audit", {"action": "nothing.such"}),
    ("GET /api/v1/audit", {"since": "2025-06-01T00:00:00Z", "until": "2025-06-02T00:00:00Z"}),
    ("GET /admin/audit", {"user": "u-desk-5"}),
    ("GET /desk", {"show": "today"}),
    ("GET /desk", {"show": "mine"}),
    ("GET /devices", {"q": "w-A"}),
    ("GET /admin/users", {"q": "值班"}),
)
_OFTEN = frozenset({"GET"})


def asked_once(caller: str) -> Iterator[Asked]:
    """Yield every route that a caller may use, about side A's things, once; then the lists, narrowed."""
    who = next(one for one in CALLERS if one.name == caller)
    for one in grid():
        side = "B" if "-b" in caller else "A"
        if one.side in {"", side} and may(one.row, who, one.side):
            yield one
    for route, params in _NARROWED:
        try:
            one = _asked(route, params=dict(params))
        except KeyError:
            continue
        if may(one.row, who, ""):
            yield one


class Others:
    """Residents, alerts and devices of a county and its first team, to ask of somebody else each time."""

    def __init__(self, sessions: sessionmaker[Session], side: str) -> None:
        with sessions() as session:
            self.residents = self._some(
                session, "SELECT id FROM resident WHERE centre_id = :side AND team_id = :side AND active", side
            )
            self.alerts = self._some(
                session,
                "SELECT a.id FROM alert a JOIN resident r ON r.id = a.resident_id WHERE r.team_id = :side",
                side,
            )
            self.devices = self._some(
                session,
                "SELECT d.id FROM device d JOIN resident r ON r.id = d.resident_id WHERE r.team_id = :side",
                side,
            )

    def _some(self, session: Session, sql: str, side: str) -> Sequence[str]:
        return list(session.scalars(text(f"{sql} LIMIT 400"), {"side": side.lower()}))

    def instead(self, asked: Asked, side: str, dice: random.Random) -> Asked:
        """Return the same question about somebody else."""
        url, params = asked.url, dict(asked.params)
        for own, some in ((f"r-{side}", self.residents), (f"al-{side}", self.alerts), (f"w-{side}", self.devices)):
            if some:
                other = dice.choice(some)
                parts = [other if part == own else part for part in url.split("/")]
                url = "/".join(parts)
                params = {name: other if value == own else value for name, value in params.items()}
        return asked._replace(url=url, params=params)
