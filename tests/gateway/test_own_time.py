"""Messages of one device never share a millisecond, whatever comes in a bunch."""

from __future__ import annotations

import pytest

from anhu.contract.observation import Event, Observation
from gateway.own_time import EventMoments, OwnTimes

T0 = 1_795_300_000_000


def test_a_bunch_of_one_device_is_spread_in_its_order() -> None:
    times = OwnTimes()
    assert [times.of("a", T0) for _ in range(4)] == [T0, T0 + 1, T0 + 2, T0 + 3]
    assert [times.of("a", T0 + 2), times.of("a", T0 + 9)] == [T0 + 4, T0 + 9]


def test_devices_do_not_wait_for_each_other() -> None:
    times = OwnTimes()
    assert [times.of("a", T0), times.of("b", T0), times.of("a", T0), times.of("b", T0 + 1)] == [T0, T0, T0 + 1, T0 + 1]


def test_a_clock_that_is_set_back_is_followed() -> None:
    times = OwnTimes()
    assert times.of("a", T0) == T0
    assert times.of("a", T0 - 3_600_000) == T0 - 3_600_000
    assert times.of("a", T0 - 3_600_000) == T0 - 3_600_000 + 1


def test_nobody_is_put_off_for_more_than_ten_seconds() -> None:
    times = OwnTimes()
    given = [times.of("a", T0) for _ in range(25_000)]
    assert max(given) - T0 <= 10_001
    assert len(set(given)) > 10_000


def _taken(slot: int, at_ms: int = T0, kind: str = "medication") -> Event:
    return Event(kind, at_ms, "on", {"slot": slot})


def _times(observations: tuple[Observation, ...]) -> list[int]:
    return [one.observed_at_ms for one in observations]


def test_events_of_one_kind_and_moment_are_kept_apart_in_a_message_and_between_messages() -> None:
    moments = EventMoments()
    assert _times(moments.apart("a", [_taken(1), _taken(2), _taken(3)])) == [T0, T0 + 1, T0 + 2]
    assert _times(moments.apart("a", [_taken(4)])) == [T0 + 3]
    assert _times(moments.apart("a", [_taken(5, T0 + 1)])) == [T0 + 4]
    assert _times(moments.apart("b", [_taken(9), _taken(1, kind="motion")])) == [T0, T0]


def test_a_message_that_is_sent_again_gets_the_times_that_it_had() -> None:
    moments = EventMoments()
    message = [_taken(1), _taken(2), _taken(2), _taken(7, T0 + 1)]
    assert _times(moments.apart("a", message)) == _times(moments.apart("a", message)) == [T0, T0 + 1, T0 + 1, T0 + 2]


def test_a_flood_at_one_moment_is_remembered_to_a_bound() -> None:
    moments = EventMoments()
    for slot in range(1_000):
        moments.apart("a", [_taken(slot)])
    assert len(moments._taken["a", "medication"]) <= 256


def test_what_all_devices_said_is_remembered_to_a_bound_and_the_latest_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.own_time._MOST_KEPT", 100)
    moments = EventMoments()
    moments.apart("first", [_taken(1)])
    for number in range(60):
        moments.apart(f"d-{number}", [_taken(1), _taken(2)])
        moments.apart("first", [_taken(1)])
    assert sum(map(len, moments._taken.values())) == moments._kept <= 100
    assert _times(moments.apart("first", [_taken(2)])) == [T0 + 1], "who speaks is not forgotten for those who did"
    assert ("d-0", "medication") not in moments._taken
