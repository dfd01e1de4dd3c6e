"""What `anhu doctor` asks a PostgreSQL: room for everybody's connections, and the tables of the audit's months."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from anhu.contract.clock import Clock
from anhu.registry.audit_parts import month_of, parts_of
from anhu.registry.database import close_sessions, open_sessions, reading
from app.check_result import CheckResult, CheckVerdict
from app.settings import Settings

_LEAST_AHEAD = 2
_OTHERS = 5
"""Connections for `anhu doctor`, a migration, a backup, and whoever looks."""


def server(settings: Settings, clock: Clock) -> Iterator[CheckResult]:
    """Look whether the server has room for all processes, and whether the audit's months are made."""
    if not settings.database.startswith("postgresql"):
        return
    sessions = open_sessions(settings.database)
    try:
        with reading(sessions)() as session:
            yield _connections(session, settings)
            yield from _audit(session, clock.now_ms())
    except (SQLAlchemyError, OSError):
        return  # what the database lacks is said by its own check
    finally:
        close_sessions(sessions)


def most_connections(settings: Settings) -> int:
    """Return how many connections all processes together may open, and a few for people."""
    layout = settings.processes()
    return sum(count * settings.database_limits(name).most for name, count in layout.items()) + _OTHERS


def _connections(session: Session, settings: Settings) -> CheckResult:
    asked = "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
    room = session.scalar(text(asked)) or 0
    open_now = session.scalar(text("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"))
    most = most_connections(settings)
    detail = f"{most} at most for {settings.database_processes}; the server has room for {room}, {open_now} are open"
    if most <= room:
        return CheckResult(CheckVerdict.OK, "database connections", detail)
    advice = "raise max_connections, lower ANHU_DATABASE_POOL, or put PgBouncer before it: an alarm finds no connection"
    return CheckResult(CheckVerdict.FAILED, "database connections", detail, advice)


def _audit(session: Session, now_ms: int) -> Iterator[CheckResult]:
    parts = parts_of(session)
    if parts.until_ms is None:
        return
    until = month_of(parts.until_ms)
    is_soon = until < month_of(now_ms).later(_LEAST_AHEAD)
    detail = f"tables for the months before {until.year}-{until.number:02}"
    advice = "its watcher makes them: is that process running, and may its user create tables?"
    if parts.beside:
        said = f"{detail}; some rows lie beside them"
        yield CheckResult(CheckVerdict.FAILED, "audit", said, advice)
    elif is_soon:
        yield CheckResult(CheckVerdict.WARNING, "audit", detail, advice)
    else:
        yield CheckResult(CheckVerdict.OK, "audit", detail)
