"""The audit by month, on PostgreSQL; SQLite has one table and is left alone."""

from __future__ import annotations

from alembic import command
from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session, sessionmaker

from anhu.registry.audit_parts import AHEAD, Month, keep_parts, month_of, parts_of
from anhu.registry.database import close_sessions, open_engine, open_sessions
from anhu.registry.migrations import alembic_config, upgrade
from anhu.registry.tables import Audit


def _row(at_ms: int) -> dict[str, object]:
    return {
        "at_ms": at_ms,
        "user_id": "u",
        "action": "x",
        "resident_id": "",
        "object_id": "",
        "address": "",
        "detail": {},
    }


def _tables(session: Session) -> set[str]:
    found = "SELECT tableoid::regclass::text FROM audit"
    return set(session.scalars(text(found)))


def test_months_follow_each_other() -> None:
    assert Month(2026, 11).later(2) == Month(2027, 1)
    assert month_of(Month(2027, 1).begins_ms - 1) == Month(2026, 12)


def test_months_are_made_ahead_and_hold_what_lay_beside_them(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        until_ms = parts_of(session).until_ms
        if until_ms is None:
            assert keep_parts(session, 1) == 0
            return
        session.execute(insert(Audit), [_row(1), _row(until_ms - 1), _row(until_ms), _row(until_ms + 1)])
        assert parts_of(session).beside, "no month was made for it: it is written all the same"
    with sessions.begin() as session:
        assert keep_parts(session, until_ms) == AHEAD + 1
        assert keep_parts(session, until_ms) == 0
    with sessions() as session:
        assert not parts_of(session).beside
        assert month_of(until_ms).table in _tables(session)
        assert session.scalars(select(Audit.at_ms).order_by(Audit.id)).all() == [
            1,
            until_ms - 1,
            until_ms,
            until_ms + 1,
        ]


def test_what_was_there_stays_and_goes_back(empty_url: str) -> None:
    upgrade(empty_url, "0031")
    sessions = open_sessions(empty_url)
    with sessions.begin() as session:
        session.execute(insert(Audit), [_row(5), _row(7)])
    upgrade(empty_url)
    with sessions.begin() as session:
        session.execute(insert(Audit), [_row(9)])
        assert session.scalars(select(Audit.id).order_by(Audit.at_ms)).all() == [1, 2, 3]
    close_sessions(sessions)
    engine = open_engine(empty_url)
    with engine.begin() as connection:
        command.downgrade(alembic_config(connection), "0031")
        assert connection.execute(text("SELECT count(*) FROM audit")).scalar() == 3
        connection.execute(insert(Audit), [_row(11)])
        assert connection.execute(text("SELECT max(id) FROM audit")).scalar() == 4
    engine.dispose()
