"""One device that says too much: it holds up nobody, and its own call for help is not lost in it."""

from __future__ import annotations

from anhu.contract.observation import Event, Observation, Scalar
from gateway.device_limits import EVENTS, MOST_NAMES, OTHER, SAME_CALL, DeviceLimits
from gateway.directory import Owner
from tests.gateway.doors.mqtt.doors import device

T0 = 1_795_300_000_000
MINUTE_MS = 60_000
DEVICE = device()


def _event(kind: str = "motion", state: str = "on", source: str = "", **attributes: str | bool) -> Event:
    return Event(kind, T0, state, dict(attributes), source=source)


def _kinds(kept: tuple[Observation, ...]) -> list[str]:
    return [one.kind for one in kept if isinstance(one, Event)]


def test_a_flood_keeps_its_own_sos_and_is_told_once() -> None:
    limits = DeviceLimits()
    flood: list[Observation] = [_event() for _ in range(9_999)]
    kept = limits.within(DEVICE, [*flood[:5_000], _event("sos"), *flood[5_000:]], T0)
    kinds = _kinds(kept.observations)
    assert (kinds.count("motion"), kinds.count("sos"), kinds.count("sensor_fault")) == (EVENTS.burst, 1, 1)
    assert kept.left_out == 9_999 - EVENTS.burst
    again = limits.within(DEVICE, [*flood, _event("fall")], T0 + 1)
    assert _kinds(again.observations) == ["fall"]


def test_a_flood_of_one_call_crowds_out_no_other_call_and_not_its_end() -> None:
    limits = DeviceLimits()
    kept = limits.within(DEVICE, [_event("sos")] * 10_000, T0)
    assert _kinds(kept.observations).count("sos") == SAME_CALL.burst
    rest = [_event("fall"), _event("smoke", source="kitchen"), _event("sos", "off"), _event("smoke")]
    assert len(limits.within(DEVICE, rest, T0 + 1).observations) == 4


def test_what_the_log_refused_uses_up_nothing_and_the_fault_is_told_again() -> None:
    limits = DeviceLimits()
    assert len(limits.within(DEVICE, [_event("sos")] * 100, T0).observations) == SAME_CALL.burst + 1
    assert limits.within(DEVICE, [_event("sos")], T0).left_out == 1
    kept = limits.within(DEVICE, [_event("sos")] * 100, T0, refused=1)
    assert _kinds(kept.observations) == ["sos"] * SAME_CALL.burst + ["sensor_fault"]


def test_a_home_at_its_busiest_and_a_day_without_a_line_are_within() -> None:
    limits = DeviceLimits()
    assert limits.within(DEVICE, [_event(source=f"s{n % 30}") for n in range(1_000)], T0).left_out == 0
    for minute in range(1, 60):
        day = [_event(source=f"s{n % 30}") for n in range(60)]
        assert limits.within(DEVICE, day, T0 + minute * MINUTE_MS).left_out == 0


def test_names_beyond_the_most_make_no_new_ones_and_still_call() -> None:
    limits = DeviceLimits()
    types = [_event("unknown_vendor_event", vendor_type=f"0-{n}", room=f"room {n}") for n in range(900)]
    kept = limits.within(DEVICE, types, T0)
    seen = {(e.attributes["vendor_type"], e.attributes.get("room")) for e in kept.observations if isinstance(e, Event)}
    assert len(seen) == MOST_NAMES + 1
    assert (OTHER, None) in seen
    many = [_event(source=f"s{n}") for n in range(500)]
    assert limits.within(DEVICE, many, T0).left_out == 500 - MOST_NAMES
    calls = [_event("smoke", source="s499"), _event("smoke", "off", source="s498")]
    assert [(e.source, e.state) for e in limits.within(DEVICE, calls, T0).observations if isinstance(e, Event)] == [
        (OTHER, "on")
    ]
    numbers = [Scalar("battery", 90, T0, source=f"s{n}") for n in range(500)]
    assert len(limits.within(DEVICE, numbers, T0).observations) == MOST_NAMES
    unknown = _event("unknown_vendor_event", vendor_type="help", urgent=True)
    [urgent] = limits.within(DEVICE, [unknown], T0).observations
    assert isinstance(urgent, Event)
    assert urgent.attributes == {"vendor_type": OTHER, "urgent": True}


def test_registered_sensors_do_not_count() -> None:
    children = {f"s{n}": Owner(f"d{n}", "r", "k") for n in range(200)}
    kept = DeviceLimits().within(device(children=children), [_event(source=f"s{n}") for n in range(200)], T0)
    assert kept.left_out == 0


def test_the_fault_ends_when_the_device_has_been_calm_and_may_come_again() -> None:
    limits = DeviceLimits()
    limits.within(DEVICE, [_event()] * 2_000, T0)
    assert limits.over == {"dev-1"}
    assert _kinds(limits.within(DEVICE, [Scalar("battery", 90, T0)], T0 + 9 * MINUTE_MS).observations) == []
    [_, end] = limits.within(DEVICE, [Scalar("battery", 90, T0)], T0 + 10 * MINUTE_MS).observations
    assert isinstance(end, Event)
    assert (end.kind, end.state) == ("sensor_fault", "off")
    assert limits.over == set()
    assert "sensor_fault" in _kinds(limits.within(DEVICE, [_event()] * 9_000, T0 + 11 * MINUTE_MS).observations)


def test_few_of_the_messages_over_a_limit_are_kept_whole() -> None:
    limits = DeviceLimits()
    raw = [limits.within(DEVICE, [_event()] * 2_000, T0 + n).raw for n in range(100)]
    assert sum(raw) == 8
