from __future__ import annotations

import time

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import insert, inspect, select, text
from sqlalchemy.exc import IntegrityError

from alerts.answer_tables import AnswerToken, ReplyCode
from alerts.policy_tables import EscalationPolicy
from alerts.progress import Progress, move, progress, save_snapshot
from alerts.rule_state_tables import ResidentRules
from alerts.service_figures.tables import ServiceMonth, WatchedTime
from alerts.shadow.tables import DetectorChoice, ShadowEpisode
from alerts.tables import Alert
from anhu.outbox.callback_tables import Callback
from anhu.outbox.tables import Outbox
from anhu.registry.care_tables import CareMessage, FamilyWord, ServiceRequest, SheetLink
from anhu.registry.database import close_sessions, open_engine, open_sessions
from anhu.registry.migrations import alembic_config, revisions, upgrade
from anhu.registry.product_tables import Product
from anhu.registry.rota_tables import CalendarAddress, LeaveRow, RotaChange, RotaRow, RotaShift
from anhu.registry.tables import Base, Device, DeviceNote, Resident, User
from gateway.directory import DoorNote
from gateway.door_notes import DatabaseNoteBook

_OF_OTHER_ROOMS = (AnswerToken, ReplyCode, Callback, Outbox, ServiceMonth, WatchedTime, DetectorChoice, ShadowEpisode)
_LATER = (EscalationPolicy, Product, ResidentRules)
ALERT = {
    "resident_id": "r-1",
    "kind": "sos",
    "priority": 3,
    "condition": "present",
    "response": "unacked",
    "started_at_ms": 1,
    "raised_at_ms": 1,
    "last_at_ms": 1,
    "evidence": {},
}


def _is_no_part(name: str | None, kind: str, _parents: object) -> bool:
    """Leave out what only PostgreSQL has: the months of the audit, and the order of the queue."""
    return name != "ix_alert_order" and (kind != "table" or not str(name).startswith("audit_"))


def test_the_revisions_build_exactly_the_model(empty_url: str) -> None:
    for table in (*_OF_OTHER_ROOMS, *_LATER):
        assert table.__tablename__ in Base.metadata.tables, "the model is whole"
    upgrade(empty_url)
    upgrade(empty_url)
    engine = open_engine(empty_url)
    with engine.connect() as connection:
        options = {"compare_type": True, "include_name": _is_no_part}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_an_installation_can_tell_whether_it_is_up_to_date(empty_url: str) -> None:
    present, newest = revisions(empty_url)
    assert present == ""
    upgrade(empty_url)
    assert revisions(empty_url) == (newest, newest)


def test_the_database_itself_allows_one_open_alert_per_resident_and_kind(empty_url: str) -> None:
    upgrade(empty_url)
    engine = open_engine(empty_url)
    with engine.begin() as connection:
        connection.execute(insert(Resident).values(id="r-1", name="x", created_at_ms=1))
        connection.execute(insert(Alert).values(id="a-1", is_open=False, **ALERT))
        connection.execute(insert(Alert).values(id="a-2", is_open=False, **ALERT))
        connection.execute(insert(Alert).values(id="a-3", is_open=True, **ALERT))
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(insert(Alert).values(id="a-4", is_open=True, **ALERT))
    engine.dispose()


def test_the_engine_goes_on_from_the_snapshot_that_an_older_version_left(empty_url: str) -> None:
    upgrade(empty_url, "0001")
    engine = open_engine(empty_url)
    with engine.begin() as connection:
        old = {"who": "alerts", "stands_at": 70, "knew_at": 60, "knew": b"\x00state"}
        connection.execute(text("INSERT INTO consumer_state VALUES (:who, :stands_at, :knew_at, :knew)"), old)
    engine.dispose()
    upgrade(empty_url)
    sessions = open_sessions(empty_url)
    with sessions.begin() as session:
        assert progress(session, "alerts") == Progress(70, 60, b"\x00state")
        move(session, "alerts", before=70, after=80)
        save_snapshot(session, "alerts", position=75, snapshot=b"later")
    with sessions.begin() as session:
        assert progress(session, "alerts") == Progress(80, 75, b"later")
    close_sessions(sessions)


def test_the_revisions_can_be_taken_back(empty_url: str) -> None:
    upgrade(empty_url)
    engine = open_engine(empty_url)
    with engine.begin() as connection:
        command.downgrade(alembic_config(connection), "base")
    with engine.connect() as connection:
        assert set(inspect(connection).get_table_names()) <= {"alembic_version"}
    engine.dispose()
    upgrade(empty_url)


def test_places_get_a_time_zone_and_lose_it_again_with_every_row_in_place(empty_url: str) -> None:
    upgrade(empty_url, "0003")
    sessions = open_sessions(empty_url)
    with sessions.begin() as session:
        session.execute(text("INSERT INTO centre (id, name, region_code, phone) VALUES ('c-1', 'n', '', '')"))
        session.execute(
            text(
                "INSERT INTO resident"
                " (id, name, sex, birth_date, address, phone, access_note, flags, centre_id, active, created_at_ms)"
                " VALUES ('r-1', 'n', '', '', '', '', '', '[]', 'c-1', :yes, 1)"
            ),
            {"yes": True},
        )
        session.execute(
            text(
                "INSERT INTO alert (id, resident_id, device_id, kind, priority, condition, response, started_at_ms,"
                " raised_at_ms, last_at_ms, repeats, late, evidence, assignee, outcome, is_open)"
                " VALUES ('a-1', 'r-1', '', 'sos', 3, 'present', 'unacked', 1, 1, 1, 0, :no, '{}', '', '', :yes)"
            ),
            {"yes": True, "no": False},
        )
    upgrade(empty_url)
    with sessions() as session:
        assert session.get_one(Resident, "r-1").time_zone == ""
    close_sessions(sessions)
    engine = open_engine(empty_url)
    with engine.begin() as connection:
        command.downgrade(alembic_config(connection), "0003")
    engine.dispose()
    sessions = open_sessions(empty_url)
    with sessions() as session:
        assert session.scalar(text("SELECT count(*) FROM alert JOIN resident ON resident.id = alert.resident_id")) == 1
    close_sessions(sessions)


def _enrol_as_then(url: str) -> None:
    engine = open_engine(url)
    with engine.begin() as connection:
        names = "id, codec, model, vendor, secret_sha256, child_name, position, room, alarms, report_period_s"
        values = "'d-1', 'open_json', '', '', :none, '', '', '', '[]', 0"
        row = f"INSERT INTO device ({names}, enabled, enrolled_at_ms, version) VALUES ({values}, :yes, 1, 1)"  # noqa: S608 - our own words
        connection.execute(text(row), {"none": b"", "yes": True})
    engine.dispose()


def test_alerts_learn_who_decided_and_forget_it_again_with_every_row_in_place(empty_url: str) -> None:
    upgrade(empty_url, "0020")
    _enrol_as_then(empty_url)
    upgrade(empty_url)
    sessions = open_sessions(empty_url)
    with sessions.begin() as session:
        session.add(Resident(id="r-1", name="x", created_at_ms=1))
        session.flush()
        session.add(Alert(id="a-1", detector="fall_motion", detector_version=2, firmware="1.0", **ALERT))
        assert session.get_one(Device, "d-1").firmware == ""
        session.add(
            DetectorChoice(
                name="fall_motion", live_version=2, shadow_version=1, former_version=1, since_ms=1, revision=1
            )
        )
    close_sessions(sessions)
    engine = open_engine(empty_url)
    with engine.begin() as connection:
        command.downgrade(alembic_config(connection), "0020")
        assert connection.execute(text("SELECT count(*) FROM alert JOIN resident ON TRUE")).scalar() == 1
        assert connection.execute(text("SELECT count(*) FROM device")).scalar() == 1
    engine.dispose()
    upgrade(empty_url)
    sessions = open_sessions(empty_url)
    with sessions() as session:
        assert session.get_one(Alert, "a-1").detector == ""
        assert session.scalars(select(DetectorChoice)).all() == []
    close_sessions(sessions)


def test_notes_of_devices_get_a_table_and_lose_it_again_with_every_device_in_place(empty_url: str) -> None:
    upgrade(empty_url, "0007")
    sessions = open_sessions(empty_url)
    _enrol_as_then(empty_url)
    upgrade(empty_url)
    book = DatabaseNoteBook(sessions)
    book.add([DoorNote("d-1", "foreign", 2, "device/status", 5), DoorNote("d-1", "will", 1, "x", 5)])
    book.add([DoorNote("d-1", "foreign", 3, "设备/状态", 9)])
    with sessions() as session:
        rows = session.scalars(select(DeviceNote).order_by(DeviceNote.kind)).all()
        assert [(one.kind, one.times, one.last, one.at_ms) for one in rows] == [
            ("foreign", 5, "设备/状态", 9),
            ("will", 1, "x", 5),
        ]
    close_sessions(sessions)
    engine = open_engine(empty_url)
    with engine.begin() as connection:
        command.downgrade(alembic_config(connection), "0007")
    engine.dispose()
    upgrade(empty_url)
    sessions = open_sessions(empty_url)
    with sessions() as session:
        assert session.get(Device, "d-1") is not None
        assert session.scalars(select(DeviceNote)).all() == []
    close_sessions(sessions)


def test_old_tokens_keep_their_rights_and_end_within_ninety_days(empty_url: str) -> None:
    upgrade(empty_url, "0003")
    engine = open_engine(empty_url)
    now_ms = time.time_ns() // 1_000_000
    with engine.begin() as connection:
        connection.execute(
            text(
                'INSERT INTO "user" (id, login, name, role, password_hash, vendor, language, enabled, failed_logins,'
                " locked_until_ms) VALUES ('u-1', 'a', 'a', 'desk', '', '', 'en', :yes, 7, 99)"
            ),
            {"yes": True},
        )
        for name, end_ms in ((b"long", now_ms * 2), (b"short", now_ms + 5)):
            connection.execute(
                text(
                    "INSERT INTO token (sha256, user_id, purpose, label, csrf, created_at_ms, expires_at_ms)"
                    " VALUES (:name, 'u-1', 'api', '', '', 1, :end_ms)"
                ),
                {"name": name, "end_ms": end_ms},
            )
    upgrade(empty_url)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT scopes, expires_at_ms FROM token ORDER BY expires_at_ms")).all()
    assert [row.scopes for row in found] == ["read respond provision administer"] * 2
    assert found[0].expires_at_ms == now_ms + 5
    assert 0 <= found[1].expires_at_ms - now_ms - 90 * 86_400_000 < 600_000
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO family_link (user_id, resident_id, relation, rank) SELECT 'u-1', id, '', 1 FROM resident")
        )
        command.downgrade(alembic_config(connection), "0003")
        assert connection.execute(text('SELECT failed_logins FROM "user"')).scalar_one() == 0
        assert connection.execute(text("SELECT count(*) FROM token")).scalar_one() == 2
    engine.dispose()


def test_rotas_get_their_tables_and_lose_them_again_with_every_user_in_place(empty_url: str) -> None:
    upgrade(empty_url)
    sessions = open_sessions(empty_url)
    shift = {"name": "x", "position": 0, "days": "1", "start_minute": 0, "end_minute": 0, "crews": [["u-1"]]}
    leave = {"user_id": "u-1", "from_day": "2026-12-01", "until_day": "2026-12-01", "set_by": "u-1", "set_at_ms": 1}
    change = {"shift_id": "s", "day": "2026-12-01", "since_ms": 1, "crew": None, "set_by": "u-1", "set_at_ms": 1}
    with sessions.begin() as session:
        session.add(User(id="u-1", login="a", name="a", role="admin"))
        session.add(
            RotaRow(id="ro", owner_kind="team", owner_id="t", time_zone="Asia/Shanghai", covers="shifts", workdays="")
        )
        session.flush()
        session.add(RotaShift(id="s", rota_id="ro", anchor="2026-11-30", **shift))
        session.add(LeaveRow(id="l", **leave))
        session.add(RotaChange(id="c", rota_id="ro", **change))
        session.add(CalendarAddress(user_id="u-1", sha256=b"x", made_at_ms=1))
    close_sessions(sessions)
    engine = open_engine(empty_url)
    with engine.begin() as connection:
        command.downgrade(alembic_config(connection), "0011")
    with engine.connect() as connection:
        assert not {"rota", "rota_shift", "leave"} & set(inspect(connection).get_table_names())
        assert connection.execute(text('SELECT count(*) FROM "user"')).scalar_one() == 1
    engine.dispose()
    upgrade(empty_url)


def test_what_people_say_gets_tables_and_loses_them_again_with_everybody_in_place(empty_url: str) -> None:
    upgrade(empty_url)
    sessions = open_sessions(empty_url)
    with sessions.begin() as session:
        session.execute(insert(Resident).values(id="r-1", name="x", created_at_ms=1))
        session.execute(insert(User).values(id="u-1", login="one", name="x", role="family"))
    about = {"resident_id": "r-1"}
    with sessions.begin() as session:
        session.add(CareMessage(user_id="u-1", at_ms=1, text="救命", key="one", **about))
        session.add(FamilyWord(user_id="u-1", what="here", at_ms=1, key="one", **about))
        asked = {"state": "open", "asked_by": "u-1", "asked_at_ms": 1, "key": "one"}
        session.add(ServiceRequest(id="q-1", kind="meal", **asked, **about))
        times = {"made_at_ms": 1, "expires_at_ms": 2}
        session.add(SheetLink(id="sl-1", sha256=b"x", made_by="u-1", **times, **about))
    with pytest.raises(IntegrityError), sessions.begin() as session:
        session.add(CareMessage(user_id="u-1", at_ms=2, text="twice", key="one", **about))
    close_sessions(sessions)
    engine = open_engine(empty_url)
    with engine.begin() as connection:
        command.downgrade(alembic_config(connection), "0011")
        assert not inspect(connection).has_table("care_message")
        assert connection.scalar(text("SELECT count(*) FROM resident")) == 1
    engine.dispose()
    upgrade(empty_url)
