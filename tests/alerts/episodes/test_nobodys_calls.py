"""Calls of devices that no resident has, written down on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from alerts.engine.calls_of_nobody import Call, CallsOfNobody
from alerts.engine.resident_finding import ResidentFinding
from alerts.episodes.findings import apply_findings
from alerts.episodes.nobodys_calls import open_calls, write_down
from alerts.finding import Condition, Evidence, Finding
from anhu.contract.clock import MINUTE_MS
from anhu.contract.observation import Event, Quality, Scalar
from anhu.contract.priority import Priority
from anhu.contract.record import Reading
from anhu.outbox.tables import Outbox
from anhu.registry.devices import assign_device, create_device
from anhu.registry.residents import update_resident
from anhu.registry.tables import Contact, User
from tests.api.world import NOW_MS, World
from tests.api.world_fixtures import built, either_world, world

__all__ = ["built", "either_world", "world"]


def heard(*events: Event) -> list[str]:
    calls = CallsOfNobody()
    calls.note(Reading("w-1", "", NOW_MS, (Scalar("battery", 80.0, NOW_MS), *events)))
    return [call.kind for call in calls.waiting().values()]


@pytest.mark.parametrize("kind", ["sos", "fall", "fall_suspected", "smoke", "carbon_monoxide", "gas", "water_leak"])
def test_a_call_for_help_is_kept(kind: str) -> None:
    assert heard(Event(kind, NOW_MS)) == [kind]


def test_what_may_be_one_is_kept_and_nothing_else() -> None:
    assert heard(Event("unknown_vendor_event", NOW_MS, "on", {"urgent": True})) == ["unknown_vendor_event"]
    assert heard(Event("unknown_vendor_event", NOW_MS), Event("motion", NOW_MS), Event("smoke", NOW_MS, "off")) == []
    assert heard(Event("sos", NOW_MS, quality=int(Quality.RETAINED))) == [], "a broker's memory is no call"


def test_a_call_that_came_while_one_was_written_is_not_forgotten() -> None:
    calls = CallsOfNobody()
    calls.note(Reading("w-1", "", NOW_MS, (Event("sos", NOW_MS),)))
    first = calls.waiting()
    calls.note(Reading("w-1", "", NOW_MS + 1, (Event("fall", NOW_MS + 1),)))
    calls.written(first)
    assert calls.waiting() == {"w-1": Call("fall", NOW_MS + 1)}


def test_no_number_of_devices_fills_the_memory() -> None:
    calls = CallsOfNobody()
    for number in range(1_200):
        calls.note(Reading(f"w-{number}", "", NOW_MS, (Event("sos", NOW_MS),)))
    assert (len(calls.waiting()), calls.unkept) == (1_000, 200)


def test_it_is_told_to_administrators_else_to_centres_and_not_again_at_once(either_world: World) -> None:
    with either_world.sessions.begin() as session:
        session.add(User(id="u-chief", login="chief", name="chief", role="admin"))
        session.add(Contact(id="k-c", owner_kind="centre", owner_id="ours", channel="webhook", address="https://c/"))
        session.add(Contact(id="k-t", owner_kind="centre", owner_id="ours", channel="tel", address="110"))
        create_device(session, device_id="w-1", codec="open_json", now_ms=NOW_MS)

        def told(after_ms: int) -> list[str]:
            at_ms = NOW_MS + after_ms
            write_down(session, {"w-1": Call("sos", at_ms)}, at_ms)
            return list(session.scalars(select(Outbox.contact_id).order_by(Outbox.id)))

        assert told(0) == ["k-c"]
        assert told(0) == ["k-c"], "read once more after a restart"
        assert told(9 * MINUTE_MS) == ["k-c"]
        session.add(Contact(id="k-a", owner_kind="user", owner_id="u-chief", channel="webhook", address="https://a/"))
        assert told(10 * MINUTE_MS) == ["k-c", "k-a"]


def test_it_is_shown_until_somebody_has_the_device_or_a_day_is_over(either_world: World) -> None:
    with either_world.sessions.begin() as session:
        for device_id in ("w-1", "w-2", "w-3"):
            create_device(session, device_id=device_id, codec="open_json", now_ms=NOW_MS)
            write_down(session, {device_id: Call("sos", NOW_MS)}, NOW_MS)
        assign_device(session, "w-1", "r-ours", now_ms=NOW_MS)

        def shown(after_ms: int) -> list[str]:
            return sorted(call.device_id for call, _ in open_calls(session, NOW_MS + after_ms))

        assert shown(0) == ["w-2", "w-3"]
        assert shown(24 * 60 * MINUTE_MS) == []


@pytest.mark.parametrize(
    ("kind", "quantity", "said"),
    [
        ("sos", "sos", ["sos"]),
        ("unknown_alarm", "unknown_vendor_event", ["unknown_vendor_event"]),
        ("unknown_event", "unknown_vendor_event", []),
        ("heart_rate_high", "heart_rate", []),
    ],
)
def test_what_is_found_of_a_resident_who_is_not_active_is_kept_if_it_is_a_call(
    either_world: World, kind: str, quantity: str, said: list[str]
) -> None:
    finding = Finding(kind, Condition.PRESENT, NOW_MS, NOW_MS, 1.0, Priority.HIGH, Evidence(quantity=quantity))
    with either_world.sessions.begin() as session:
        update_resident(session, "r-ours", {"active": False})
        create_device(session, device_id="w-1", codec="open_json", now_ms=NOW_MS, resident_id="r-ours")
        apply_findings(session, [ResidentFinding("r-ours", "w-1", finding)], now_ms=NOW_MS)
        assert [call.kind for call, _ in open_calls(session, NOW_MS)] == said
