"""What one alarm adds to the figures, and months. Pure."""

from __future__ import annotations

from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.service_figures.cell import COUNTED, STEPS_S, Case, Counts, Key, as_rows, counted, counts_of, from_rows
from alerts.service_figures.months import before, month_of, span_of
from anhu.contract.errors import FieldError

T0 = 1_795_300_000_000
KEY = Key("c-1", "t-1", "fall", "W1", 3)


def case(**given: object) -> Case:
    usual: dict[str, object] = {
        "key": KEY,
        "event_ms": T0,
        "raised_ms": T0 + 5_000,
        "answered_ms": None,
        "on_scene_ms": None,
        "closed_ms": None,
        "outcome": "",
        "late": False,
    }
    return Case(**(usual | given))  # type: ignore[arg-type] # as given


@pytest.mark.parametrize(("after_s", "in_60", "in_180"), [(60, 1, 1), (61, 0, 1), (180, 0, 1), (181, 0, 0)])
def test_an_answer_is_counted_from_the_event_and_not_from_when_we_knew(after_s: int, in_60: int, in_180: int) -> None:
    counts = counts_of(case(answered_ms=T0 + after_s * 1_000))
    assert (counts.within_60_s, counts.within_180_s, counts.answered) == (in_60, in_180, 1)


def test_what_was_reported_late_is_counted_from_when_we_knew() -> None:
    counts = counts_of(case(late=True, raised_ms=T0 + 3_600_000, answered_ms=T0 + 3_630_000))
    assert (counts.late, counts.within_60_s) == (1, 1)


def test_nobody_answered_is_an_alarm_that_no_share_forgets() -> None:
    assert counts_of(case()) == Counts(alarms=1)


@pytest.mark.parametrize(
    ("kind", "outcome"), [("fall", "test"), ("fall", "drill"), ("drill_call", ""), ("drill_call", "true")]
)
def test_drills_and_tests_are_in_no_other_number(kind: str, outcome: str) -> None:
    counts = counts_of(case(key=KEY._replace(kind=kind), outcome=outcome, answered_ms=T0, closed_ms=T0))
    assert counts == Counts(practice=1)


def test_a_device_whose_clock_is_ahead_makes_no_answer_faster_than_at_once() -> None:
    counts = counts_of(case(event_ms=T0 + 60_000, raised_ms=T0, answered_ms=T0 + 30_000))
    assert counts.steps == counts_of(case(event_ms=T0, raised_ms=T0, answered_ms=T0 + 30_000)).steps


outcomes = st.sampled_from(["", "true", "false", "test", "drill", "device_fault", "resolved"])
moments = st.one_of(st.none(), st.integers(T0 - 10_000, T0 + 10_000_000))
cases = st.builds(
    Case,
    st.builds(
        Key,
        st.sampled_from(["", "c"]),
        st.sampled_from(["", "t"]),
        st.sampled_from(["fall", "drill_call"]),
        st.just("m"),
        st.integers(0, 3),
    ),
    st.just(T0),
    st.integers(T0 - 1_000, T0 + 1_000),
    moments,
    moments,
    moments,
    outcomes,
    st.booleans(),
)


@given(st.lists(cases, max_size=30))
def test_every_alarm_is_in_one_cell_once_and_rows_say_the_same(given: list[Case]) -> None:
    cells = counted(given)
    whole = sum(cells.values(), Counts())
    assert whole.alarms + whole.practice == len(given)
    assert sum(whole.steps) == whole.answered
    assert whole.within_60_s <= whole.within_180_s <= whole.answered <= whole.alarms
    assert from_rows(as_rows(cells)) == cells
    assert all(getattr(whole, name) >= 0 for name in COUNTED)


@given(st.lists(st.integers(0, 5_000), min_size=1, max_size=50), st.sampled_from([0.5, 0.95, 1.0]))
def test_the_step_within_which_a_share_was_answered_holds_that_share(after_s: list[int], share: float) -> None:
    counts = sum((counts_of(case(answered_ms=T0 + s * 1_000)) for s in after_s), Counts())
    step = counts.answered_within(share)
    if step is None:
        assert sum(s <= STEPS_S[-1] for s in after_s) < share * len(after_s)
    else:
        assert sum(s <= step for s in after_s) >= share * len(after_s)


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin", "America/New_York"])
def test_months_follow_on_each_other_without_a_gap(zone: str) -> None:
    here = ZoneInfo(zone)
    months = ["2026-12", *(f"2027-{n:02d}" for n in range(1, 13)), "2028-01", "2028-02", "2028-03"]
    for month, after in pairwise(months):
        begins_ms, ends_ms = span_of(month, here)
        assert ends_ms == span_of(after, here)[0]
        assert (month_of(begins_ms, here), month_of(ends_ms - 1, here), month_of(ends_ms, here)) == (
            month,
            month,
            after,
        )
        assert before(after, here) == month


@pytest.mark.parametrize("text", ["", "2026-13", "2026-00", "26-01", "2026-1", "2026-01-01", "１２３４-05", "1999-01"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(FieldError):
        span_of(text, ZoneInfo("UTC"))


def test_a_month_from_before_versions_stays_as_it_was_kept() -> None:
    old = [["c-1", "t-1", "fall", "W1", 3, *([1] * len(COUNTED)), [0] * (len(STEPS_S) + 1)]]
    (key,) = from_rows(old)
    assert (key, key.detector, key.version, key.firmware) == (KEY, "", 0, "")
    assert as_rows(from_rows(old)) == old
    new = KEY._replace(detector="fall_motion", version=2, firmware="1.0")
    assert from_rows(as_rows({new: Counts(alarms=1)})) == {new: Counts(alarms=1)}
