"""Hourly values, one suite for every store: charts show the same before, while and after hours are put together."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS
from anhu.contract.observation import Event, Quality, Scalar
from anhu.contract.quantities import QUANTITIES
from ingest.store.due_hours import DeviceHour
from ingest.store.hourly import HourStore
from ingest.store.port import Range, StoredReading, StoreUnavailableError
from tests.conformance.hour_stores import NOW_MS, WITHIN, Store, influx, influx_and_database, sqlite

EVER = Range(NOW_MS - 200 * DAY_MS, NOW_MS + 200 * DAY_MS)


_STORES: dict[str, Callable[[pytest.FixtureRequest, Path], Store]] = {
    "sqlite": sqlite,
    "influxdb": influx,
    "influxdb and database": influx_and_database,
}


@pytest.fixture(params=_STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made = _STORES[request.param](request, tmp_path)
    yield made
    made.query.close()
    made.writer.close()


def reading(at_ms: int, value: float, device: str = "dev-1", resident: str = "r-1") -> StoredReading:
    low, high = QUANTITIES["heart_rate"].low, QUANTITIES["heart_rate"].high
    flags = 0 if low <= value <= high else int(Quality.OUT_OF_RANGE)
    seen = (Scalar("heart_rate", value, at_ms, quality=flags), Scalar("spo2", 97.0, at_ms), Event("motion", at_ms))
    return StoredReading(resident, device, at_ms, seen)


def three_days() -> list[StoredReading]:
    """Two devices of one resident and one of another, with hours of silence and some nonsense."""
    dice = random.Random(4)  # noqa: S311 - made-up numbers
    readings = []
    for minute in range(0, 3 * 24 * 60, 7):
        at_ms = WITHIN.start_ms + minute * MINUTE_MS + dice.randrange(MINUTE_MS)
        if dice.random() < 0.8 and minute // 60 % 5:
            value = 500.0 if dice.random() < 0.05 else 60 + dice.randrange(40)
            readings.append(reading(at_ms, value, dice.choice(["dev-1", "dev-2"])))
        readings.append(reading(at_ms, 150.0, "dev-3", "r-2"))
    return readings


def expected(store: Store, within: Range, bucket_ms: int) -> list[object]:
    """Return the chart as it follows from the numbers."""
    found: dict[int, list[float]] = {}
    for point in store.query.points("r-1", "heart_rate", within):
        if not point.quality & Quality.OUT_OF_RANGE:
            found.setdefault(point.observed_at_ms - point.observed_at_ms % bucket_ms, []).append(point.value)
    return [
        pytest.approx((start, min(v), sum(v) / len(v), max(v), len(v)), rel=1e-12) for start, v in sorted(found.items())
    ]


RANGES = (
    (WITHIN, DAY_MS),
    (WITHIN, HOUR_MS),
    (WITHIN, 30 * MINUTE_MS),
    (Range(WITHIN.start_ms + 90 * MINUTE_MS, NOW_MS - DAY_MS - 1), 6 * HOUR_MS),
    (Range(NOW_MS - 50 * MINUTE_MS, NOW_MS - 40 * MINUTE_MS), HOUR_MS),
    (EVER, DAY_MS),
)


def test_charts_are_what_the_numbers_say_before_and_after_the_work(store: Store) -> None:
    store.put(*three_days())
    wanted = [expected(store, *asked) for asked in RANGES]
    assert [list(store.chart(*asked)) for asked in RANGES] == wanted
    while store.work(steps=1):
        assert list(store.chart()) == wanted[0]
    assert [list(store.chart(*asked)) for asked in RANGES] == wanted


def test_months_are_read_from_hours_and_an_hours_extreme_stays_visible(store: Store) -> None:
    store.put(*three_days(), reading(NOW_MS - 2 * DAY_MS, 181.0))
    store.work()
    done = Range(WITHIN.start_ms + HOUR_MS - WITHIN.start_ms % HOUR_MS, NOW_MS - HOUR_MS - NOW_MS % HOUR_MS)
    before = store.chart(done)
    assert max(bucket.high for bucket in before) == 181.0
    store.erase_numbers()
    assert store.chart(done) == before
    assert not store.chart(done, 30 * MINUTE_MS)


def test_late_and_repeated_and_corrected_numbers_are_seen_at_once_and_stay(store: Store) -> None:
    store.put(*three_days())
    store.work()
    for late in (
        reading(NOW_MS - DAY_MS, 199.0),
        reading(NOW_MS - 2 * DAY_MS, 198.0, "dev-4"),
        reading(NOW_MS - DAY_MS, 199.0),
        reading(NOW_MS - DAY_MS, 61.0),  # a replayed conflict takes the place of what came first
        *three_days()[:20],
    ):
        store.put(late)
        wanted = expected(store, WITHIN, DAY_MS)
        assert list(store.chart()) == wanted
        store.work()
        assert list(store.chart()) == wanted
    assert {b.high for b in store.chart() if b.high > 99} == {198.0}


def test_an_hour_whose_only_number_turns_out_to_be_nonsense_is_empty(store: Store) -> None:
    at_ms = NOW_MS - DAY_MS
    store.put(reading(at_ms, 70.0), reading(at_ms - 3 * HOUR_MS, 90.0))
    store.work()
    store.put(reading(at_ms, 500.0))
    assert not store.work()
    (only,) = store.chart(bucket_ms=HOUR_MS)
    assert only == (only.start_ms, 90.0, 90.0, 90.0, 1)
    assert [b.samples for b in store.chart()] == [1]


class Dying:
    """Dies within the work on a slice: before it, after it, or while a late number comes in."""

    def __init__(self, real: HourStore, *, before: Callable[[], None], after: Callable[[], None]) -> None:
        self._real, self._before, self._after = real, before, after
        self.devices_in, self.newest_before, self.close = real.devices_in, real.newest_before, real.close

    def put_together(self, hours: Sequence[DeviceHour]) -> None:
        self._before()
        self._real.put_together(hours)
        self._after()


def die() -> None:
    raise StoreUnavailableError("gone")


def nothing() -> None:
    """Go on."""


@pytest.mark.parametrize(("before", "after"), [(die, nothing), (nothing, die)])
def test_work_that_breaks_off_is_done_after_a_restart(
    store: Store, before: Callable[[], None], after: Callable[[], None]
) -> None:
    store.put(*three_days())
    wanted = expected(store, WITHIN, DAY_MS)
    store.work(steps=1)
    for _ in range(2):
        with pytest.raises(StoreUnavailableError):
            store.work(Dying(store.hours(), before=before, after=after))
        assert list(store.chart()) == wanted
    assert not store.work()
    assert list(store.chart()) == wanted


def test_what_comes_while_its_hour_is_put_together_is_not_forgotten(store: Store) -> None:
    at_ms = NOW_MS - DAY_MS
    store.put(reading(at_ms, 70.0))
    store.work(Dying(store.hours(), before=nothing, after=lambda: store.put(reading(at_ms + 1, 80.0))), steps=1)
    assert [b.high for b in store.chart()] == [80.0]
    store.work()
    store.erase_numbers()
    assert [b.high for b in store.chart(Range(at_ms - DAY_MS, NOW_MS))] == [80.0]


def test_a_store_from_before_is_put_together_backwards_and_charts_never_change(store: Store) -> None:
    store.unmarked(three_days())
    store.put(reading(NOW_MS - 60 * DAY_MS, 77.0))
    within = Range(NOW_MS - 90 * DAY_MS, NOW_MS)
    wanted = expected(store, within, DAY_MS)
    steps, before = 0, store.chart()
    while store.work(steps=1):
        assert list(store.chart(within)) == wanted
        steps += 1
    assert steps > 20
    store.erase_numbers()
    left = expected(store, Range(NOW_MS - NOW_MS % HOUR_MS, NOW_MS), DAY_MS)
    assert not left
    assert [b.high for b in store.chart(within)] == [77.0, *(b.high for b in before)]


def test_an_hour_that_still_runs_waits(store: Store) -> None:
    store.put(reading(NOW_MS - MINUTE_MS, 70.0))
    assert not store.work()
    assert marked(store) == 1
    store.clock.forward(HOUR_MS)
    store.work()
    assert marked(store) == 0


def marked(store: Store) -> int:
    return store.count_marks()
