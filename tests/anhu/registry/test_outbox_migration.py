"""A filled database of revision 0002 goes on: old messages keep key, state and receipts, and are sent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from anhu.contract.priority import Priority
from anhu.outbox.subject import SubjectRef
from anhu.outbox.tables import Outbox, Receipt
from anhu.outbox.writing import Draft, put
from anhu.registry.database import close_sessions, is_refusal, open_engine, open_sessions
from anhu.registry.migrations import alembic_config, upgrade

NOW_MS = 1_795_406_400_000
OLD = ((1, "pending", 0), (2, "sent", 1), (3, "failed_temporary", 2), (4, "cancelled", 0), (7, "sending", 1))
TABLES: dict[str, dict[str, Any]] = {
    "resident": {
        "id": "r-1", "name": "张小三", "sex": "", "birth_date": "", "address": "", "phone": "", "access_note": "",
        "flags": "[]", "active": True, "created_at_ms": NOW_MS,
    },
    "alert": {
        "id": "a-1", "resident_id": "r-1", "device_id": "", "kind": "fall", "priority": 3, "condition": "present",
        "response": "unacked", "started_at_ms": NOW_MS, "raised_at_ms": NOW_MS, "last_at_ms": NOW_MS, "repeats": 0,
        "late": False, "evidence": "{}", "assignee": "", "outcome": "", "is_open": True,
    },
    "contact": {
        "id": "k-1", "owner_kind": "centre", "owner_id": "c-1", "channel": "webhook", "address": "http://x.example/",
        "secret": "s", "min_priority": 1, "language": "zh-CN", "enabled": True,
    },
}  # fmt: skip


def put_in(connection: Connection, table: str, row: dict[str, Any]) -> None:
    names = ", ".join(f'"{name}"' for name in row)
    values = ", ".join(f":{name}" for name in row)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)  # noqa: S608 - the test's own names


def message(number: int, state: str, attempts: int) -> dict[str, Any]:
    return {
        "id": number, "idempotency_key": f"a-1:raised.3:0:k-{number}", "alert_id": "a-1", "contact_id": "k-1",
        "reason": "raised", "priority": 3, "state": state, "attempts": attempts, "due_at_ms": NOW_MS,
        "lease_until_ms": 0, "created_at_ms": NOW_MS, "data": json.dumps({"step": number}),
    }  # fmt: skip


def filled(url: str) -> None:
    """Make a database as 0002 left it."""
    upgrade(url, "0002")
    engine = open_engine(url)
    with engine.begin() as connection:
        for table, row in TABLES.items():
            put_in(connection, table, row)
        for number, state, attempts in OLD:
            put_in(connection, "outbox", message(number, state, attempts))
            for attempt in range(attempts):
                receipt = {"id": number * 10 + attempt, "outbox_id": number, "at_ms": NOW_MS, "state": state}
                put_in(connection, "receipt", receipt | {"provider_id": "p", "detail": f"HTTP {attempt}"})
    engine.dispose()


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    engine = open_engine(url)
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(text(query))]
    engine.dispose()
    return found


def test_old_messages_keep_their_key_state_and_receipts(empty_url: str) -> None:
    filled(empty_url)
    messages = "SELECT id, idempotency_key, state, attempts, due_at_ms, contact_id, reason FROM outbox ORDER BY id"
    receipts = "SELECT id, outbox_id, at_ms, state, provider_id, detail FROM receipt ORDER BY id"
    before = rows(empty_url, messages), rows(empty_url, receipts)
    upgrade(empty_url)
    assert (rows(empty_url, messages), rows(empty_url, receipts)) == before
    assert len(before[1]) == 4
    assert set(rows(empty_url, "SELECT subject_kind, subject_id, resident_id FROM outbox")) == {("alert", "a-1", "r-1")}


def test_new_messages_and_receipts_are_numbered_on(empty_url: str) -> None:
    filled(empty_url)
    upgrade(empty_url)
    draft = Draft(
        key="new", subject=SubjectRef("alert", "a-1"), contact_id="k-1", reason="raised", priority=Priority.HIGH,
        resident_id="r-1", due_at_ms=None, data={},
    )  # fmt: skip
    sessions = open_sessions(empty_url)
    if not empty_url.startswith("sqlite"):  # the rows above brought their own numbers, past the sequence
        with sessions.begin() as session:
            for table in ("outbox", "receipt"):
                session.execute(text(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))"))  # noqa: S608
    with sessions.begin() as session:
        assert put(session, [draft], now_ms=NOW_MS) == 1
        session.flush()
        made = session.query(Outbox).filter_by(idempotency_key="new").one()
        assert made.id > 7
        session.add(Receipt(outbox_id=made.id, at_ms=NOW_MS, state="sent"))
    with pytest.raises(DBAPIError) as refused, sessions.begin() as session:
        session.add(Receipt(outbox_id=99, at_ms=NOW_MS, state="sent"))
    close_sessions(sessions)
    assert is_refusal(refused.value), "a receipt still needs its message"


def test_the_way_back_keeps_what_is_about_alerts(empty_url: str) -> None:
    filled(empty_url)
    upgrade(empty_url)
    engine = open_engine(empty_url)
    with engine.begin() as connection:
        other = message(8, "pending", 0) | {"subject_kind": "reminder", "subject_id": "m-1"}
        del other["alert_id"]
        put_in(connection, "outbox", other)
        receipt = {"id": 99, "outbox_id": 8, "at_ms": 1, "state": "x", "provider_id": "", "detail": ""}
        put_in(connection, "receipt", receipt)
    with engine.begin() as connection:
        command.downgrade(alembic_config(connection), "0002")
    with engine.connect() as connection:
        assert "receipt_aside" not in inspect(connection).get_table_names()
    engine.dispose()
    assert rows(empty_url, "SELECT id, alert_id FROM outbox ORDER BY id") == [(n, "a-1") for n, *_ in OLD]
    assert rows(empty_url, "SELECT count(*) FROM receipt") == [(4,)]
    upgrade(empty_url)
    assert rows(empty_url, "SELECT count(*) FROM outbox WHERE subject_kind = 'alert'") == [(5,)]
