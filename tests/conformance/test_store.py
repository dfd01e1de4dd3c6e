"""One suite for every store: what is written comes back, again and again, whatever is asked around it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS, ManualClock
from anhu.contract.observation import Event, Observation, Quality, Scalar, TimeQuality, waveform_from_array
from ingest.store.counties.guarded import GuardedStore
from ingest.store.counties.homes import HomeDirectory, Homes
from ingest.store.counties.query import CountyStoresQuery
from ingest.store.counties.stores import CountyStore, CountyStores, WritingStore
from ingest.store.embedded.writer import SqliteStoreQuery, SqliteStoreWriter
from ingest.store.influxdb.writer import InfluxSettings, InfluxStoreQuery, InfluxStoreWriter
from ingest.store.port import Bucket, PlatformRow, Point, Range, StoredReading, StoreQuery
from tests.services.influxdb import InfluxDB

NOW_MS = 1_795_300_000_000 - 1_795_300_000_000 % HOUR_MS
EVER = Range(NOW_MS - 200 * DAY_MS, NOW_MS + 200 * DAY_MS)


class Store(NamedTuple):
    writer: WritingStore
    query: StoreQuery

    def put(self, *readings: StoredReading) -> None:
        result = self.writer.write(readings)
        assert result.retry_after_s is None, result.reason
        assert not result.rejected


@pytest.fixture(params=["sqlite", "influxdb", "counties"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    makers: dict[str, Callable[[pytest.FixtureRequest, Path], Store]]
    makers = {"sqlite": sqlite, "influxdb": influx, "counties": counties}
    made = makers[request.param](request, tmp_path)
    yield made
    made.query.close()
    made.writer.close()


def sqlite(_request: pytest.FixtureRequest, folder: Path) -> Store:
    return Store(SqliteStoreWriter(folder / "store.db"), SqliteStoreQuery(folder / "store.db"))


def influx(request: pytest.FixtureRequest, _folder: Path) -> Store:
    server: InfluxDB = request.getfixturevalue("influxdb")
    settings = InfluxSettings(url=server.url, org=server.org, token=server.token, bucket=server.new_bucket())
    return Store(InfluxStoreWriter(settings), InfluxStoreQuery(settings))


class Moved:
    """Residents who moved from the west to the east just after the suite's now; one of neither."""

    def settle(self, resident_ids: Collection[str], now_ms: int) -> Mapping[str, Homes]:
        del now_ms
        return self.known(resident_ids)

    def known(self, resident_ids: Collection[str]) -> Mapping[str, Homes]:
        moved = [(0, "west"), (NOW_MS + 1, "east")]
        return {one: moved if one != "r-2" else [(0, "default")] for one in resident_ids}

    def changed_since(self, version: int) -> tuple[int, Sequence[str]]:
        return version, ()


def counties(request: pytest.FixtureRequest, _folder: Path) -> Store:
    """Return three stores of counties as one, its residents with a part of their readings in each of two."""
    server: InfluxDB = request.getfixturevalue("influxdb")
    clock, writers, asked = ManualClock(NOW_MS), {}, {}
    for name in ("default", "west", "east"):
        settings = InfluxSettings(url=server.url, org=server.org, token=server.token, bucket=server.new_bucket())
        writers[name] = CountyStore(name, InfluxStoreWriter(settings), clock)
        asked[name] = GuardedStore(name, InfluxStoreQuery(settings), clock)
    directory = HomeDirectory(Moved(), clock, default="default", stores=writers)
    query = CountyStoresQuery(asked, Moved(), default="default")
    return Store(CountyStores(writers, directory, default="default"), query)


def reading(*observations: Observation, resident: str = "r-1", device: str = "dev-1") -> StoredReading:
    return StoredReading(resident, device, max(o.observed_at_ms for o in observations), observations)


def heart_rate(at_ms: int, value: float, quality: int = 0) -> Scalar:
    return Scalar("heart_rate", value, at_ms, quality=quality)


def test_numbers_come_back_in_time_order_with_their_quality(store: Store) -> None:
    store.put(
        reading(heart_rate(NOW_MS + 2, 72.5), Scalar("spo2", 97.0, NOW_MS + 2)),
        reading(heart_rate(NOW_MS, 70.0), heart_rate(NOW_MS + 1, 310.0, int(Quality.OUT_OF_RANGE | Quality.LATE))),
        reading(heart_rate(NOW_MS + 1, 71.0), device="dev-2"),
    )
    assert list(store.query.points("r-1", "heart_rate", EVER)) == [
        Point(NOW_MS, 70.0, 0, "dev-1"),
        Point(NOW_MS + 1, 71.0, 0, "dev-2"),
        Point(NOW_MS + 1, 310.0, 17, "dev-1"),
        Point(NOW_MS + 2, 72.5, 0, "dev-1"),
    ]
    assert [p.value for p in store.query.points("r-1", "spo2", EVER)] == [97.0]


def test_a_range_has_its_start_and_not_its_end_and_limits_count_from_the_start(store: Store) -> None:
    store.put(*(reading(heart_rate(NOW_MS + n, 60.0 + n)) for n in range(10)))
    within = Range(NOW_MS + 2, NOW_MS + 8)
    assert [p.value for p in store.query.points("r-1", "heart_rate", within)] == [62, 63, 64, 65, 66, 67]
    assert [p.value for p in store.query.points("r-1", "heart_rate", within, limit=2)] == [62, 63]
    assert not store.query.points("r-1", "heart_rate", Range(NOW_MS, NOW_MS))


def test_nobodys_readings_are_kept_and_are_not_somebodys(store: Store) -> None:
    store.put(reading(heart_rate(NOW_MS, 70.0), resident=""), reading(heart_rate(NOW_MS, 80.0)))
    assert [p.value for p in store.query.points("r-1", "heart_rate", EVER)] == [80.0]
    assert set(store.query.latest(["r-1", "r-2"])) == {"r-1"}


def test_writing_again_changes_nothing(store: Store) -> None:
    batch = [
        reading(heart_rate(NOW_MS, 70.0, 4), Event("fall", NOW_MS, attributes={"room": "厨房"})),
        reading(ramp(NOW_MS)),
    ]
    store.put(*batch)
    before = everything(store)
    store.put(*batch)
    assert everything(store) == before


def everything(store: Store) -> tuple[object, ...]:
    query = store.query
    numbers = (query.points("r-1", "heart_rate", EVER), query.latest(["r-1"]))
    buckets = query.buckets("r-1", "heart_rate", EVER, bucket_ms=DAY_MS)
    return (*numbers, buckets, query.events("r-1", EVER), query.waveforms("r-1", "acceleration", EVER))


def test_who_is_erased_is_nowhere_and_nobody_else_is(store: Store) -> None:
    of_both: list[Observation] = [
        heart_rate(NOW_MS - HOUR_MS, 70.0),
        Event("fall", NOW_MS),
        heart_rate(NOW_MS + 5, 71.0),
    ]
    for resident in ("r-1", "r-2"):
        store.put(*(reading(one, resident=resident) for one in (*of_both, ramp(NOW_MS))))
    assert len(store.query.points("r-1", "heart_rate", EVER)) == 2
    store.writer.erase("r-1")
    assert not any(everything(store))
    assert len(store.query.points("r-2", "heart_rate", EVER)) == 2
    assert len(store.query.events("r-2", EVER)) == len(store.query.waveforms("r-2", "acceleration", EVER)) == 1
    store.put(reading(heart_rate(NOW_MS, 72.0)))
    assert [p.value for p in store.query.points("r-1", "heart_rate", EVER)] == [72.0]


def test_old_waveforms_go_and_newer_ones_stay(store: Store) -> None:
    store.put(
        reading(ramp(NOW_MS - 100 * DAY_MS)), reading(ramp(NOW_MS)), reading(heart_rate(NOW_MS - 100 * DAY_MS, 70))
    )
    limits = {"points_before_ms": NOW_MS - 700 * DAY_MS, "waveforms_before_ms": NOW_MS - 90 * DAY_MS}
    store.writer.prune(**limits)
    assert [w.observed_at_ms for _, w in store.query.waveforms("r-1", "acceleration", EVER)] == [NOW_MS]
    assert len(store.query.points("r-1", "heart_rate", EVER)) == 1


def test_latest_is_the_newest_of_each_quantity_over_all_devices(store: Store) -> None:
    store.put(
        reading(heart_rate(NOW_MS, 70.0), Scalar("spo2", 97.0, NOW_MS - DAY_MS, quality=16)),
        reading(heart_rate(NOW_MS + 1, 0.0, 1), device="dev-2"),
        reading(heart_rate(NOW_MS - 5, 99.0), resident="r-2"),
    )
    assert store.query.latest(["r-1", "r-2", "r-3"]) == {
        "r-1": {
            "heart_rate": Point(NOW_MS + 1, 0.0, 1, "dev-2"),
            "spo2": Point(NOW_MS - DAY_MS, 97.0, 16, "dev-1"),
        },
        "r-2": {"heart_rate": Point(NOW_MS - 5, 99.0, 0, "dev-1")},
    }
    assert store.query.latest([]) == {}


def test_latest_looks_30_days_back_and_ignores_clocks_in_the_future(store: Store) -> None:
    in_2028 = StoredReading("r-1", "dev-1", NOW_MS, (heart_rate(NOW_MS + 700 * DAY_MS, 99.0, 2),))
    store.put(
        reading(heart_rate(NOW_MS - 3, 70.0), Scalar("glucose", 5.0, NOW_MS - 31 * DAY_MS)),
        reading(Scalar("weight", 60.0, NOW_MS)),
        in_2028,
    )
    latest = store.query.latest(["r-1"])["r-1"]
    assert latest["heart_rate"].value == 70.0
    assert set(latest) == {"heart_rate", "weight"}


def test_latest_of_many_residents(store: Store) -> None:
    store.put(*(reading(heart_rate(NOW_MS, float(n)), resident=f"r-{n}") for n in range(700)))
    latest = store.query.latest([f"r-{n}" for n in range(700)])
    assert {r: v["heart_rate"].value for r, v in latest.items()} == {f"r-{n}": float(n) for n in range(700)}


def test_buckets_are_aligned_and_leave_out_what_is_out_of_range(store: Store) -> None:
    start_ms = NOW_MS + 7 * MINUTE_MS
    store.put(
        reading(heart_rate(start_ms, 60.0)),
        reading(heart_rate(start_ms + MINUTE_MS, 80.0)),
        reading(heart_rate(start_ms + 2 * MINUTE_MS, 70.0), device="dev-2"),
        reading(heart_rate(start_ms + 3 * MINUTE_MS, 500.0, int(Quality.OUT_OF_RANGE))),
        reading(heart_rate(NOW_MS + 35 * MINUTE_MS, 90.0, int(Quality.GAP))),
    )
    assert list(store.query.buckets("r-1", "heart_rate", EVER, bucket_ms=10 * MINUTE_MS)) == [
        Bucket(NOW_MS, 60.0, 70.0, 80.0, 3),
        Bucket(NOW_MS + 30 * MINUTE_MS, 90.0, 90.0, 90.0, 1),
    ]
    inside = Range(start_ms + 1, start_ms + 2 * MINUTE_MS)
    (first,) = store.query.buckets("r-1", "heart_rate", inside, bucket_ms=10 * MINUTE_MS)
    assert first == Bucket(NOW_MS, 80.0, 80.0, 80.0, 1)
    assert not store.query.buckets("r-1", "spo2", EVER, bucket_ms=MINUTE_MS)


def test_events_come_back_whole(store: Store) -> None:
    events = [
        Event("sos", NOW_MS, attributes={"room": '厨房 "A"', "accuracy_m": 3.5, "n": 2, "silent": False}),
        Event("contact", NOW_MS + 1, state="off", time_quality=TimeQuality.RECEIVED, quality=16),
        Event("unknown_vendor_event", NOW_MS + 2, attributes={"vendor_type": "a\\b\nc,d=e"}),
    ]
    store.put(*(reading(e) for e in events), reading(Event("fall", NOW_MS), resident="r-2"))
    assert list(store.query.events("r-1", EVER)) == [("dev-1", e) for e in events]
    assert [e.kind for _, e in store.query.events("r-1", EVER, limit=1)] == ["unknown_vendor_event"]
    assert [e.kind for _, e in store.query.events("r-1", Range(NOW_MS, NOW_MS + 1))] == ["sos"]


def ramp(at_ms: int, samples: int = 100) -> Observation:
    values = np.linspace(-2, 2, samples * 3, dtype=np.float32).reshape(-1, 3)
    values[1, 1] = np.nan
    return waveform_from_array(
        "acceleration",
        values,
        observed_at_ms=at_ms,
        sampling_rate_hz=50.0,
        channels=("x", "y up", 'z"'),
        position="waist",
    )


def test_waveforms_come_back_bit_for_bit(store: Store) -> None:
    long, short = ramp(NOW_MS, 60_000), ramp(NOW_MS + 2_000_000)
    store.put(reading(short), reading(long))
    assert list(store.query.waveforms("r-1", "acceleration", EVER)) == [("dev-1", long), ("dev-1", short)]
    assert not store.query.waveforms("r-1", "ecg", EVER)


def test_waveforms_are_found_by_overlap(store: Store) -> None:
    store.put(*(reading(ramp(NOW_MS + n * 2_000)) for n in range(5)))  # two seconds each

    def begun(within: Range, limit: int = 100) -> list[int]:
        found = store.query.waveforms("r-1", "acceleration", within, limit=limit)
        return [(w.observed_at_ms - NOW_MS) // 2_000 for _, w in found]

    assert begun(Range(NOW_MS + 3_000, NOW_MS + 6_001)) == [1, 2, 3]
    assert begun(Range(NOW_MS + 4_000, NOW_MS + 6_000)) == [2]
    assert begun(EVER, limit=2) == [3, 4]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (reading(heart_rate(NOW_MS, float("nan"))), "finite"),
        (reading(heart_rate(NOW_MS, 70.0), device="dev 1"), "device_id"),
        (reading(heart_rate(NOW_MS, 70.0), resident="r/1"), "resident_id"),
        (reading(Scalar("no_such", 1.0, NOW_MS)), "no_such"),
        (reading(heart_rate(10**16, 70.0)), "observed_at_ms"),
        (reading(Scalar("glucose", 5.0, NOW_MS, context="fast\ning")), "context"),
    ],
)
def test_what_can_never_be_stored_is_rejected_and_its_neighbours_get_in(
    store: Store, bad: StoredReading, reason: str
) -> None:
    good = [reading(heart_rate(NOW_MS + n, 70.0)) for n in range(1, 4)]
    result = store.writer.write([good[0], bad, *good[1:]])
    assert result.retry_after_s is None
    ((rejected, why),) = result.rejected
    assert rejected is bad
    assert reason in why
    assert len(store.query.points("r-1", "heart_rate", EVER)) == 3


def test_contexts_and_platform_rows_are_taken(store: Store) -> None:
    store.put(reading(Scalar("glucose", 5.5, NOW_MS, context='after "lunch", 2 h')))
    store.writer.write_platform([PlatformRow("process", NOW_MS, {"room": "ingest", "none": ""}, {"records": 5.0})])
    assert [p.value for p in store.query.points("r-1", "glucose", EVER)] == [5.5]


def test_an_empty_batch_and_an_empty_store(store: Store) -> None:
    store.put()
    assert store.query.latest(["r-1"]) == {}
    assert not store.query.points("r-1", "heart_rate", EVER)
    assert not store.query.buckets("r-1", "heart_rate", EVER, bucket_ms=HOUR_MS)
    assert not store.query.events("r-1", EVER)
    assert not store.query.waveforms("r-1", "ecg", EVER)


def test_ping_names_the_store(store: Store) -> None:
    assert store.query.ping().split()[0] in {"SQLite", "InfluxDB"}
