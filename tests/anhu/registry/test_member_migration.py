"""A filled database of revision 0003: what is open knows who raised it, and goes back without loss."""

from __future__ import annotations

from alembic import command
from sqlalchemy import text

from anhu.registry.database import open_engine
from anhu.registry.migrations import alembic_config, upgrade
from tests.anhu.registry.test_outbox_migration import TABLES, put_in, rows

MEMBERS = "SELECT alert_id, device_id, room, reports, recovered_at_ms FROM alert_member ORDER BY alert_id"


def filled(url: str) -> None:
    upgrade(url, "0003")
    engine = open_engine(url)
    alert = TABLES["alert"]
    with engine.begin() as connection:
        put_in(connection, "resident", TABLES["resident"])
        put_in(connection, "alert", alert | {"device_id": "w-1", "repeats": 4})
        put_in(connection, "alert", alert | {"id": "a-2", "kind": "gas", "condition": "gone", "last_at_ms": 7})
        put_in(connection, "alert", alert | {"id": "a-3", "kind": "sos", "is_open": False})
    engine.dispose()


def test_what_is_open_knows_who_raised_it(empty_url: str) -> None:
    filled(empty_url)
    upgrade(empty_url)
    assert rows(empty_url, MEMBERS) == [("a-1", "w-1", "", 5, None), ("a-2", "", "", 1, 7)]
    assert rows(empty_url, "SELECT DISTINCT unlisted FROM alert") == [(0,)]


def test_the_way_back_keeps_the_alerts(empty_url: str) -> None:
    filled(empty_url)
    upgrade(empty_url)
    engine = open_engine(empty_url)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM alert")) == 3
    with engine.begin() as connection:
        command.downgrade(alembic_config(connection), "0003")
    engine.dispose()
    assert rows(empty_url, "SELECT id FROM alert ORDER BY id") == [("a-1",), ("a-2",), ("a-3",)]


def test_rules_become_members_of_their_own_and_one_again(empty_url: str) -> None:
    filled(empty_url)
    upgrade(empty_url)
    engine = open_engine(empty_url)
    add = text(
        "INSERT INTO alert_member (alert_id, device_id, room, rule, kind, priority, since_ms, last_at_ms,"
        " recovered_at_ms, reports) VALUES ('a-1', 'w-1', '', :rule, 'sos', 3, 1, 1, :well, 1)"
    )
    with engine.begin() as connection:
        connection.execute(text("UPDATE alert_member SET recovered_at_ms = 3 WHERE alert_id = 'a-1'"))
        for rule, well in (("x", None), ("y", None), ("z", 9)):
            connection.execute(add, {"rule": rule, "well": well})
    with engine.begin() as connection:
        command.downgrade(alembic_config(connection), "0006")
    engine.dispose()
    assert rows(empty_url, MEMBERS) == [("a-1", "w-1", "", 1, None), ("a-2", "", "", 1, 7)]
