"""A visit: what may be asked when, and what it keeps others from doing (nothing)."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import cast

import pytest
from sqlalchemy.exc import DBAPIError

from anhu.registry.database import engine_of
from anhu.registry.roles import Role
from anhu.registry.tables import Audit, Device, Resident, User
from api.dependencies import Dependencies
from api.errors import ForbiddenError, NotFoundError
from api.security.roles import Permission, Viewer
from api.security.viewers import viewer_of
from api.visit import VisitOrderError, visit_alert, visit_device, visit_many, visit_resident
from ingest.store.port import Point, StoreQuery
from tests.api.world import NOW_MS, World


class EmptyStore:
    """A store that was never written to."""

    def latest(self, _resident_ids: Sequence[str]) -> Mapping[str, Mapping[str, Point]]:
        return {}


def deps_of(world: World) -> Dependencies:
    return Dependencies(sessions=world.sessions, store=cast("StoreQuery", EmptyStore()), clock=world.clock)


def viewer(world: World, role: Role) -> Viewer:
    with world.sessions() as session:
        return viewer_of(session.get_one(User, f"u-{role}"), address="10.0.0.7")


def audit(world: World) -> list[tuple[str, str, str, str]]:
    with world.sessions() as session:
        rows = session.query(Audit).order_by(Audit.id).all()
        assert all((row.at_ms, row.address) == (NOW_MS, "10.0.0.7") for row in rows)
        return [(row.user_id, row.action, row.resident_id, row.object_id) for row in rows]


def writer_beside(world: World) -> sqlite3.Connection:
    """Return a writer that waits for nobody: a lock that is taken is an error."""
    path = engine_of(world.sessions).url.database
    assert path
    return sqlite3.connect(path, timeout=0, isolation_level=None)


def test_a_visit_names_whom_and_what_was_looked_at(either_world: World) -> None:
    deps, desk = deps_of(either_world), viewer(either_world, Role.DESK)
    fall = either_world.raise_alert("r-ours")
    with visit_resident(deps, desk, "r-ours", "resident.page"):
        pass
    with visit_alert(deps, desk, fall, "alert.page") as visit:
        assert visit.alert.kind == "fall"
    with visit_device(deps, desk, "watch-ours", "device.read", permission=Permission.READ_DEVICES) as looked:
        assert looked.device.codec == "open_json"
    with visit_many(deps, desk, "resident.list"):
        pass
    assert audit(either_world) == [
        ("u-desk", "resident.page", "r-ours", ""),
        ("u-desk", "alert.page", "r-ours", fall),
        ("u-desk", "device.read", "r-ours", "watch-ours"),
        ("u-desk", "resident.list", "", ""),
    ]


def test_a_stranger_is_not_visited(either_world: World) -> None:
    deps, desk = deps_of(either_world), viewer(either_world, Role.DESK)
    fall = either_world.raise_alert("r-theirs")
    with pytest.raises(NotFoundError), visit_resident(deps, desk, "r-theirs", "resident.page"):
        pytest.fail("inside")
    with pytest.raises(NotFoundError), visit_alert(deps, desk, fall, "alert.page"):
        pytest.fail("inside")
    reads = Permission.READ_DEVICES
    with pytest.raises(NotFoundError), visit_device(deps, desk, "watch-theirs", "device.read", permission=reads):
        pytest.fail("inside")
    assert audit(either_world) == []


def test_a_role_that_may_not_is_refused_before_the_database_is_asked(world: World) -> None:
    nowhere = Dependencies(sessions=None, store=None, clock=world.clock)  # type: ignore[arg-type]
    vendor = viewer(world, Role.VENDOR)
    with pytest.raises(ForbiddenError), visit_many(nowhere, vendor, "resident.list"):
        pytest.fail("inside")
    with pytest.raises(ForbiddenError), visit_resident(nowhere, vendor, "r-ours", "resident.page"):
        pytest.fail("inside")


def test_what_goes_wrong_inside_leaves_no_line(either_world: World) -> None:
    deps, desk = deps_of(either_world), viewer(either_world, Role.DESK)
    with pytest.raises(ZeroDivisionError), visit_resident(deps, desk, "r-ours", "resident.page"):
        raise ZeroDivisionError
    assert audit(either_world) == []


def test_the_store_is_asked_after_the_visit_and_the_database_during_it(either_world: World) -> None:
    deps, desk = deps_of(either_world), viewer(either_world, Role.DESK)
    with visit_resident(deps, desk, "r-ours", "resident.page") as visit:
        assert visit.session.get_one(Resident, "r-ours").name == "张小三"
        with pytest.raises(VisitOrderError):
            _ = visit.store
    assert visit.store.latest(["r-ours"]) == {}
    with pytest.raises(VisitOrderError):
        _ = visit.session


def test_a_change_during_a_visit_fails_aloud(either_world: World) -> None:
    deps, desk = deps_of(either_world), viewer(either_world, Role.DESK)
    with pytest.raises(VisitOrderError), visit_resident(deps, desk, "r-ours", "resident.page") as visit:
        visit.session.get_one(Resident, "r-ours").name = "somebody else"
    assert audit(either_world) == []


def test_a_writer_does_not_wait_for_somebody_who_reads(world: World) -> None:
    deps, desk = deps_of(world), viewer(world, Role.DESK)
    with visit_resident(deps, desk, "r-ours", "resident.page") as visit:
        assert visit.session.get_one(Device, "watch-ours").room == ""
        alert_worker = writer_beside(world)
        alert_worker.execute("BEGIN IMMEDIATE")
        alert_worker.execute("UPDATE device SET room = 'kitchen' WHERE id = 'watch-ours'")
        alert_worker.execute("COMMIT")
        alert_worker.close()
        visit.session.expire_all()
        assert visit.session.get_one(Device, "watch-ours").room == "", "one moment for the whole visit"
    assert audit(world) == [("u-desk", "resident.page", "r-ours", "")]


def test_a_visit_does_not_wait_for_a_writer_until_it_goes_on_record(world: World) -> None:
    deps, desk = deps_of(world), viewer(world, Role.DESK)
    alert_worker = writer_beside(world)
    alert_worker.execute("BEGIN IMMEDIATE")
    with visit_resident(deps, desk, "r-ours", "resident.page") as visit:
        assert visit.session.get_one(Resident, "r-ours").name == "张小三"
        alert_worker.execute("COMMIT")
        alert_worker.close()
    assert audit(world) == [("u-desk", "resident.page", "r-ours", "")]


def test_without_its_line_a_visit_fails_and_the_store_stays_shut(either_world: World) -> None:
    deps, desk = deps_of(either_world), viewer(either_world, Role.DESK)
    visits = visit_resident(deps, desk, "r-ours", "resident.page")
    visit = visits.__enter__()
    assert visit.session.get_one(Resident, "r-ours").name == "张小三"
    _refuse_audit(either_world)
    with pytest.raises(DBAPIError):
        visits.__exit__(None, None, None)
    with pytest.raises(VisitOrderError):
        _ = visit.store


def _refuse_audit(world: World) -> None:
    """Take the audit's table away."""
    with world.sessions.begin() as session:
        session.connection().exec_driver_sql("ALTER TABLE audit RENAME TO audit_away")
