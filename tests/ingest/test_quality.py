"""Quality flags: what is doubtful is marked, nothing is altered, memory is bounded."""

from __future__ import annotations

import sys

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anhu.contract.clock import HOUR_MS, MINUTE_MS, SECOND_MS
from anhu.contract.observation import Event, Observation, Quality, Scalar, TimeQuality, waveform_from_array
from anhu.contract.record import Reading
from ingest.quality import Checked, QualityChecks

NOW_MS = 1_795_300_000_000


def heart_rate(at_ms: int, value: float = 70.0, time_quality: TimeQuality = TimeQuality.DEVICE) -> Scalar:
    return Scalar("heart_rate", value, at_ms, time_quality)


def check(checks: QualityChecks, received_at_ms: int, *observations: Observation, device: str = "dev-1") -> Checked:
    return checks.check(Reading(device, "r-1", received_at_ms, observations))


def flags(checks: QualityChecks, received_at_ms: int, *observations: Observation) -> list[Quality]:
    return [Quality(o.quality) for o in check(checks, received_at_ms, *observations).kept]


@pytest.mark.parametrize(
    ("value", "expected"),
    [(20.0, Quality.GOOD), (300.0, Quality.GOOD), (19.9, Quality.OUT_OF_RANGE), (0.0, Quality.OUT_OF_RANGE)],
)
def test_range_ends_are_plausible_and_beyond_is_flagged(value: float, expected: Quality) -> None:
    assert flags(QualityChecks(), NOW_MS, heart_rate(NOW_MS, value)) == [expected]


@pytest.mark.parametrize(("peak", "expected"), [(3.0, Quality.GOOD), (33.0, Quality.OUT_OF_RANGE)])
def test_one_sample_out_of_range_flags_a_waveform_and_a_missing_one_does_not(peak: float, expected: Quality) -> None:
    samples = np.array([[0.0, np.nan, 1.0], [peak, 0.0, 1.0]])
    wave = waveform_from_array(
        "acceleration", samples, observed_at_ms=NOW_MS, sampling_rate_hz=50, channels=("x", "y", "z")
    )
    assert flags(QualityChecks(), NOW_MS, wave) == [expected]


@pytest.mark.parametrize(
    ("lag_ms", "expected"),
    [
        (0, Quality.GOOD),
        (2 * MINUTE_MS, Quality.GOOD),
        (2 * MINUTE_MS + 1, Quality.LATE),
        (5 * HOUR_MS, Quality.LATE),
        (-10 * MINUTE_MS, Quality.GOOD),
        (-10 * MINUTE_MS - 1, Quality.CLOCK_SKEW),
        (-2 * 365 * 24 * HOUR_MS, Quality.CLOCK_SKEW),
    ],
)
def test_the_future_is_a_wrong_clock_and_the_past_is_late(lag_ms: int, expected: Quality) -> None:
    assert flags(QualityChecks(), NOW_MS, heart_rate(NOW_MS - lag_ms)) == [expected]


def test_a_time_we_gave_ourselves_is_never_doubted() -> None:
    assert flags(QualityChecks(), NOW_MS, heart_rate(NOW_MS - HOUR_MS, 70, TimeQuality.RECEIVED)) == [Quality.GOOD]


def test_a_clock_the_codec_doubts_is_skewed() -> None:
    assert flags(QualityChecks(), NOW_MS, heart_rate(NOW_MS, 70, TimeQuality.SKEWED)) == [Quality.CLOCK_SKEW]


def test_a_buffer_that_empties_is_late_not_skewed() -> None:
    checks = QualityChecks()
    for n in range(60):  # an hour's readings, sent one a second
        received_ms = NOW_MS + n * SECOND_MS
        (got,) = flags(checks, received_ms, heart_rate(NOW_MS - HOUR_MS + n * MINUTE_MS))
        assert got & ~Quality.GAP == (Quality.LATE if n < 59 else Quality.GOOD)


def test_a_clock_that_is_always_behind_is_skewed_as_soon_as_that_is_sure_and_until_it_is_set() -> None:
    checks = QualityChecks()
    got = [flags(checks, t, heart_rate(t - 8 * HOUR_MS))[0] for t in range(NOW_MS, NOW_MS + HOUR_MS, MINUTE_MS)]
    assert got[:2] == [Quality.LATE] * 2
    assert got[2:] == [Quality.CLOCK_SKEW] * 58
    late_too = flags(checks, NOW_MS + HOUR_MS, heart_rate(NOW_MS - 8 * HOUR_MS - HOUR_MS))
    assert late_too == [Quality.CLOCK_SKEW | Quality.LATE]
    set_right = NOW_MS + 2 * HOUR_MS
    assert flags(checks, set_right, heart_rate(set_right))[0] & ~Quality.GAP == Quality.GOOD


def test_a_clock_that_is_behind_and_unsteady_is_skewed_after_ten_minutes() -> None:
    checks = QualityChecks()
    got = []
    for minute in range(60):
        received_ms = NOW_MS + minute * MINUTE_MS
        on_the_way_ms = (minute % 2) * 50 * SECOND_MS
        got += flags(checks, received_ms, heart_rate(received_ms - 8 * HOUR_MS - on_the_way_ms))
    assert {got_one & ~Quality.GAP for got_one in got[:10]} == {Quality.LATE}
    assert {got_one & ~Quality.GAP for got_one in got[10:]} == {Quality.CLOCK_SKEW}


def test_exact_repetitions_are_counted_and_other_values_are_conflicts() -> None:
    checks = QualityChecks()
    first = heart_rate(NOW_MS)
    assert check(checks, NOW_MS, first) == ((first,), 0, ())
    again = check(checks, NOW_MS + 5, first, heart_rate(NOW_MS, 71.0), heart_rate(NOW_MS + 1))
    assert (again.duplicates, [o.observed_at_ms for o in again.kept]) == (1, [NOW_MS + 1])
    assert [(o.quantity, o.quality) for o in again.conflicts] == [("heart_rate", Quality.DUPLICATE)]
    assert not check(checks, NOW_MS, first, device="dev-2").duplicates


def test_events_and_waveforms_repeat_too() -> None:
    checks = QualityChecks()
    wave = waveform_from_array("ecg", np.zeros((9, 1)), observed_at_ms=NOW_MS, sampling_rate_hz=250, channels=("II",))
    fall = Event("fall", NOW_MS, attributes={"room": "a", "n": 1})
    same = Event("fall", NOW_MS, attributes={"n": 1, "room": "a"})
    assert check(checks, NOW_MS, wave, fall).duplicates == 0
    assert check(checks, NOW_MS, wave, same).duplicates == 2
    assert len(check(checks, NOW_MS, Event("fall", NOW_MS, state="off")).conflicts) == 1


def test_the_first_after_a_gap_is_flagged_where_reports_are_regular() -> None:
    checks = QualityChecks()
    times = [NOW_MS + n * MINUTE_MS for n in range(20)]
    assert {flags(checks, t, heart_rate(t))[0] for t in times} == {Quality.GOOD}
    after = times[-1] + 4 * MINUTE_MS
    assert flags(checks, after, heart_rate(after)) == [Quality.GAP]
    assert flags(checks, after + MINUTE_MS, heart_rate(after + MINUTE_MS)) == [Quality.GOOD]


def test_a_cuff_used_now_and_then_has_no_gaps() -> None:
    checks = QualityChecks()
    at_ms = NOW_MS
    for hours in (1, 9, 2, 14, 1, 30, 1, 3, 20, 1, 2):
        at_ms += hours * HOUR_MS
        assert flags(checks, at_ms, Scalar("systolic_pressure", 130.0, at_ms)) == [Quality.GOOD]


def test_memory_is_bounded_in_time_and_in_devices() -> None:
    checks = QualityChecks(max_devices=100)
    for n in range(1_000):
        check(checks, NOW_MS + n, heart_rate(NOW_MS + n), device=f"dev-{n % 200}")
    assert len(checks._devices) == 100
    (series,) = checks._devices["dev-199"].series.values()
    assert sys.getsizeof(series) <= 240
    for n in range(1_000):
        check(checks, NOW_MS + n, heart_rate(NOW_MS + n), device="dev-199")
    assert sys.getsizeof(series) <= 240


observations = st.builds(
    Scalar,
    quantity=st.sampled_from(["heart_rate", "spo2", "glucose"]),
    value=st.floats(allow_nan=False, allow_infinity=False),
    observed_at_ms=st.integers(0, 4_102_444_800_000),
    time_quality=st.sampled_from(TimeQuality),
    quality=st.sampled_from([0, 32, 64]),
)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4_102_444_800_000), st.lists(observations, min_size=1, max_size=5))))
def test_values_and_times_are_never_altered_and_nothing_vanishes(history: list[tuple[int, list[Scalar]]]) -> None:
    checks = QualityChecks()
    for received_at_ms, seen in history:
        kept, duplicates, conflicts = check(checks, received_at_ms, *seen)
        assert len(kept) + duplicates + len(conflicts) == len(seen)
        bare = [msgspec.structs.replace(o, quality=0) for o in seen]
        for o in (*kept, *conflicts):
            assert msgspec.structs.replace(o, quality=0) in bare
        assert all(any(k.quality & s.quality == s.quality for s in seen) for k in kept)
