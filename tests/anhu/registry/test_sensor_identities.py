"""No two sensors behind a gateway are ever one, and none is nobody's while its gateway is somebody's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from alembic import command
from sqlalchemy import JSON, Boolean, Engine, LargeBinary, column, insert, table, text
from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.errors import FieldError
from anhu.contract.identity import child_device_id
from anhu.registry.database import close_sessions, open_engine, open_sessions
from anhu.registry.devices import assign_device, create_device, update_device
from anhu.registry.migrations import alembic_config, upgrade
from anhu.registry.tables import Device, Resident

_PLAIN = ("id", "parent_id", "child_name", "resident_id", "enrolled_at_ms", "codec", "model", "vendor", "position",
          "room", "report_period_s", "version")  # fmt: skip
_DEVICE = table(
    "device", column("enabled", Boolean()), column("alarms", JSON()), column("secret_sha256", LargeBinary()),
    *(column(name) for name in _PLAIN),
)  # fmt: skip
T0 = 1_795_300_000_000


@pytest.fixture
def sessions(empty_url: str) -> Iterator[sessionmaker[Session]]:
    upgrade(empty_url)
    made = open_sessions(empty_url)
    with made.begin() as session:
        session.add_all([Resident(id=one, name=one, created_at_ms=T0) for one in ("r-1", "r-2")])
        session.flush()
        create_device(session, device_id="home-1", codec="zigbee2mqtt", now_ms=T0, resident_id="r-1")
    yield made
    close_sessions(made)


def sensor(session: Session, device_id: str, name: str, resident_id: str | None = None) -> Device:
    return create_device(
        session, device_id=device_id, codec="", now_ms=T0, parent_id="home-1", child_name=name, resident_id=resident_id
    )


def test_a_sensor_is_its_gateways_residents_unless_another_is_named(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        assert sensor(session, "leak-1", "厨房水浸").resident_id == "r-1"
        assert sensor(session, "leak-2", "阳台水浸", resident_id="r-2").resident_id == "r-2"
        assert assign_device(session, "leak-1", None, now_ms=T0).resident_id == "r-1"


def test_a_gateway_takes_with_it_what_is_nobodys(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        create_device(session, device_id="home-2", codec="zigbee2mqtt", now_ms=T0)
        child = create_device(session, device_id="s-1", codec="", now_ms=T0, parent_id="home-2", child_name="hall")
        assert child.resident_id is None
        assign_device(session, "home-2", "r-2", now_ms=T0 + 1)
        assert session.get_one(Device, "s-1").resident_id == "r-2"


@pytest.mark.parametrize("name", ["hall", "厨房水浸", "Cafe\u0301"])
def test_two_sensors_of_one_name_behind_one_gateway_are_refused(sessions: sessionmaker[Session], name: str) -> None:
    with sessions.begin() as session:
        sensor(session, "s-1", name)
    again = name.replace("e\u0301", "\u00e9")
    with pytest.raises(FieldError, match="a name of its own"), sessions.begin() as session:
        sensor(session, "s-2", again)
    with sessions.begin() as session:
        sensor(session, "s-2", "another")
    with pytest.raises(FieldError, match="a name of its own"), sessions.begin() as session:
        update_device(session, "s-2", {"child_name": again})
    with sessions.begin() as session:
        update_device(session, "s-1", {"enabled": False})
        update_device(session, "s-2", {"child_name": again})
    with pytest.raises(FieldError, match="a name of its own"), sessions.begin() as session:
        update_device(session, "s-1", {"enabled": True})


def test_an_identity_that_another_sensor_would_go_by_is_refused(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        sensor(session, "home-1:hall", "hall")
        sensor(session, child_device_id("home-1", "厨房"), "厨房")
    for device_id, name in (("home-1:bath", "kitchen"), ("home-1:x", "厨房水浸"), ("home-1:a:b", "a:b")):
        with pytest.raises(FieldError, match="id: got"), sessions.begin() as session:
            sensor(session, device_id, name)
    with pytest.raises(FieldError, match="does not share"), sessions.begin() as session:
        create_device(session, device_id="home-1:watch", codec="open_json", now_ms=T0)
    with sessions.begin() as session:
        create_device(session, device_id="flat:watch", codec="open_json", now_ms=T0)
    with pytest.raises(FieldError, match="does not share"), sessions.begin() as session:
        create_device(session, device_id="flat", codec="zigbee2mqtt", now_ms=T0)


def fill_as_it_was(engine: Engine) -> None:
    columns = ("id", "parent_id", "child_name", "resident_id", "enabled", "enrolled_at_ms")
    rest: dict[str, object] = dict.fromkeys(("codec", "model", "vendor", "position", "room"), "") | {
        "secret_sha256": b"",
        "alarms": [],
    }
    rest |= {"report_period_s": 0.0, "version": 0}
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO resident (id, name, created_at_ms, sex, birth_date, address, phone, access_note, flags,"
                 " active) VALUES ('r-1', 'x', 1, '', '', '', '', '', '[]', :yes)"),
            {"yes": True},
        )  # fmt: skip
        for row in (
            ("home-1", None, "", "r-1", True, 1),
            ("old", "home-1", "hall", None, True, 2),
            ("new", "home-1", "hall", "r-1", True, 3),
            ("gone", "home-1", "hall", None, False, 4),
            ("cafe", "home-1", "Cafe\u0301", None, True, 5),
            ("no-name", "home-1", "", None, True, 6),
            ("watch", None, "", None, True, 7),
        ):
            connection.execute(insert(_DEVICE).values(dict(zip(columns, row, strict=True)) | rest))


def test_sensors_that_were_one_are_two_after_an_upgrade_and_nothing_else_changes(empty_url: str) -> None:
    upgrade(empty_url, "0008")
    engine = open_engine(empty_url)
    fill_as_it_was(engine)
    for _ in range(2):
        upgrade(empty_url)
        with engine.begin() as connection:
            found = connection.execute(text("SELECT id, child_name, resident_id FROM device")).all()
            assert {row[0]: (row[1], row[2]) for row in found} == {
                "home-1": ("", "r-1"),
                "old": ("hall (old)", "r-1"),
                "new": ("hall", "r-1"),
                "gone": ("hall", "r-1"),
                "cafe": ("Caf\u00e9", "r-1"),
                "no-name": ("", "r-1"),
                "watch": ("", None),
            }
        with engine.begin() as connection:
            command.downgrade(alembic_config(connection), "0008")
    engine.dispose()
