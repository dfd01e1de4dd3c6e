"""From the LOG through the worker to the database: two sensors of a home, a flood, and a snapshot that is broken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event, select, update

from alerts.episodes.nobodys_calls import open_calls
from alerts.episodes.responses import close
from alerts.tables import Alert, AlertEvent, ConsumerSnapshot
from anhu.contract.observation import Event
from anhu.contract.record import Reading
from anhu.outbox.tables import Outbox
from anhu.registry.database import close_sessions, engine_of
from anhu.registry.devices import assign_device, create_device, update_device
from anhu.registry.residents import create_resident, update_resident
from anhu.registry.tables import Resident
from tests.alerts.test_worker import T0, Site

MINUTE = 60_000
FLOOD = 2_000


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    with made.sessions.begin() as session:
        for device_id in ("leak-kitchen", "leak-bath"):
            create_device(session, device_id=device_id, codec="open_json", now_ms=T0, resident_id="r-1")
    yield made
    close_sessions(made.sessions)


def said(device_id: str, kind: str, state: str, t: int, **attributes: str | bool) -> Reading:
    return Reading(device_id, "r-1", t, (Event(kind, t, state, dict(attributes)),))


def only(site: Site, kind: str) -> Alert | None:
    with site.sessions.begin() as session:
        return session.scalars(select(Alert).where(Alert.kind == kind)).one_or_none()


def lines(site: Site) -> list[tuple[str, str]]:
    with site.sessions.begin() as session:
        rows = session.scalars(select(AlertEvent).order_by(AlertEvent.id))
        return [(row.what, str(row.data.get("device_id", ""))) for row in rows]


def test_a_kitchen_that_is_wet_stays_open_when_the_bath_is_dry_also_across_a_restart(site: Site) -> None:
    wet = [said(device_id, "water_leak", "on", T0) for device_id in ("leak-kitchen", "leak-bath")]
    site.clock.set(T0 + 15_000)
    site.work(lambda: ("joined", "leak-bath") in lines(site) or ("joined", "leak-kitchen") in lines(site), *wet)
    site.clock.set(T0 + 16_000)
    site.work(lambda: True, said("leak-bath", "water_leak", "off", T0 + 15_000))
    site.clock.set(T0 + 12 * MINUTE)
    site.work(lambda: ("recovered", "leak-bath") in lines(site))
    found = only(site, "water_leak")
    assert found is not None
    assert (found.is_open, found.condition) == (True, "present")


def test_a_flood_of_made_up_events_is_one_alert_and_holds_up_no_fall(site: Site) -> None:
    """Twelve messages of one device; a neighbour falls behind them."""
    with site.sessions.begin() as session:
        create_resident(session, name="Wang", now_ms=T0, resident_id="r-2", centre_id="c-1")
        create_device(session, device_id="w-2", codec="open_json", now_ms=T0, resident_id="r-2")
    flood = [
        Reading("w-1", "r-1", T0 + message, tuple(made_up(message, number) for number in range(FLOOD)))
        for message in range(12)
    ]
    fall = Reading("w-2", "r-2", T0 + 12, (Event("fall", T0 + 12),))
    committed: list[int] = []
    listening = engine_of(site.sessions), "commit", committed.append
    event.listen(*listening)
    counts = site.work(lambda: only(site, "fall") is not None and only(site, "unknown_event") is not None, *flood, fall)
    event.remove(*listening)
    found = only(site, "unknown_event")
    assert found is not None
    assert counts["merged"] + found.repeats >= 12 * FLOOD - 1
    assert found.repeats + 1 == 12 * FLOOD
    assert found.evidence["words"] == [f"x-0-{number}" for number in range(20)]
    assert [line for line in lines(site) if line[1] == "w-1"] == [("raised", "w-1")]
    assert len(committed) < 100


def made_up(message: int, number: int) -> Event:
    return Event("unknown_vendor_event", T0 + message, "on", {"vendor_type": f"x-{message}-{number}", "urgent": False})


def test_a_snapshot_that_is_broken_is_counted_and_the_next_call_is_raised(site: Site) -> None:
    site.work(lambda: only(site, "sos") is not None, said("w-1", "sos", "on", T0))
    with site.sessions.begin() as session:
        spoilt = session.execute(update(ConsumerSnapshot).values(snapshot=b"\xc1 not msgpack"))
        assert spoilt.rowcount == 1  # type: ignore[attr-defined]
    counts = site.work(lambda: only(site, "gas") is not None, said("w-1", "gas", "on", T0 + MINUTE))
    assert counts["unreadable_snapshots"] == 1


def test_a_device_that_is_revoked_leaves_its_alerts_with_the_reason(site: Site) -> None:
    site.clock.set(T0 + 15_000)
    site.work(lambda: only(site, "water_leak") is not None, said("leak-bath", "water_leak", "on", T0))
    with site.sessions.begin() as session:
        update_device(session, "leak-bath", {"enabled": False})
    site.work(lambda: ("left", "leak-bath") in lines(site))
    found = only(site, "water_leak")
    assert found is not None
    assert found.outcome == "resolved"


def test_a_watch_that_is_moved_while_its_wearer_lies_there_keeps_the_call_open(site: Site) -> None:
    """The fall is the former wearer's until a person closes it; what the watch says from now on is the new one's."""
    with site.sessions.begin() as session:
        create_resident(session, name="Wang", now_ms=T0, resident_id="r-2", centre_id="c-1")
    site.work(lambda: only(site, "fall") is not None, said("w-1", "fall", "on", T0))
    with site.sessions.begin() as session:
        assign_device(session, "w-1", "r-2", now_ms=T0 + 1_000)
    site.clock.set(T0 + MINUTE)
    new = Reading("w-1", "r-2", T0 + MINUTE, (Event("sos", T0 + MINUTE),))
    site.work(lambda: ("left", "w-1") in lines(site) and only(site, "sos") is not None, new)
    fall, sos = only(site, "fall"), only(site, "sos")
    assert fall is not None
    assert sos is not None
    assert (fall.resident_id, fall.is_open, fall.condition, fall.response) == ("r-1", True, "present", "unacked")
    assert (sos.resident_id, sos.is_open) == ("r-2", True)
    with site.sessions.begin() as session:
        (left,) = session.scalars(select(AlertEvent).where(AlertEvent.what == "left"))
        assert left.data == {"device_id": "w-1", "room": "", "reason": "moved"}


def test_what_is_found_late_of_a_device_that_left_ends_within_a_minute(site: Site) -> None:
    """Its message was still in the LOG when the directory changed."""
    with site.sessions.begin() as session:
        update_device(session, "leak-bath", {"enabled": False})
    site.clock.set(T0 + 15_000)

    def is_told() -> bool:
        if only(site, "water_leak") is not None:
            site.clock.forward(1_000)
        return ("left", "leak-bath") in lines(site)

    site.work(is_told, said("leak-bath", "water_leak", "on", T0))
    assert ("raised", "leak-bath") in lines(site)


def test_of_two_faults_of_one_watch_each_ends_by_itself(site: Site) -> None:
    """It cannot tell where it is, and says itself that it is broken."""
    with site.sessions.begin() as session:
        session.get_one(Resident, "r-1").flags = ["dementia"]
    nowhere = [
        Reading(
            "w-1",
            "r-1",
            T0 + t * MINUTE,
            (Event("position", T0 + t * MINUTE, "on", {"latitude_deg": 0.0, "longitude_deg": 0.0}),),
        )
        for t in range(0, 45, 5)
    ]
    site.clock.set(T0 + 41 * MINUTE)
    site.work(lambda: only(site, "sensor_fault") is not None, *nowhere)
    end = T0 + 42 * MINUTE
    site.clock.set(end + 1_000)
    broken = said("w-1", "sensor_fault", "on", end), said("w-1", "sensor_fault", "off", end + 500)
    site.work(lambda: ("recovered", "w-1") in lines(site), *broken)
    found = only(site, "sensor_fault")
    assert found is not None
    assert (found.is_open, found.condition) == (True, "present")


def test_a_call_of_somebody_who_is_no_longer_active_is_shown_and_told(site: Site) -> None:
    with site.sessions.begin() as session:
        update_resident(session, "r-1", {"active": False})
    readings = [said("leak-bath", "motion", "on", T0), said("w-1", "sos", "on", T0 + 1)]

    def shown() -> list[tuple[str, str]]:
        with site.sessions.begin() as session:
            return [(call.device_id, call.kind) for call, _ in open_calls(session, T0 + MINUTE)]

    site.work(lambda: bool(shown()), *readings)
    assert shown() == [("w-1", "sos")]
    with site.sessions.begin() as session:
        assert session.scalars(select(Outbox.reason)).all() == ["called"]
        update_resident(session, "r-1", {"active": True})
    assert shown() == []
    assert site.alerts() == []


@pytest.mark.parametrize("kind", ["sos", "smoke", "fall"])
def test_a_call_by_a_clock_that_is_slow_is_told_after_a_person_closed_another(site: Site, kind: str) -> None:
    site.work(
        lambda: site.alerts() == [(kind, 1)],
        said("w-1", kind, "on", T0),
        said("w-1", kind, "on", T0 + 4 * MINUTE),
    )
    close_it(site, kind, T0 + 5 * MINUTE)
    slow = Reading("leak-bath", "r-1", T0 + 6 * MINUTE, (Event(kind, T0 + 2 * MINUTE),))
    site.clock.set(T0 + 6 * MINUTE)
    site.work(lambda: len(site.alerts()) > 1, slow)
    assert site.alerts() == [(kind, 1), (kind, 0)]


def close_it(site: Site, kind: str, now_ms: int) -> None:
    alert = only(site, kind)
    assert alert is not None
    with site.sessions.begin() as session:
        close(session, alert.id, "false", actor="u-1", now_ms=now_ms)
