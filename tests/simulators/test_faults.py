from __future__ import annotations

from itertools import pairwise

import pytest

from anhu.contract.errors import FieldError
from simulators.faults import AT_REST, Faults, parse, with_faults
from simulators.report import measured

STORY = tuple(measured(i * 1_000, heart_rate=60.0 + i % 20) for i in range(2_000))


def test_at_rest_nothing_changes() -> None:
    sent = tuple(with_faults(STORY, AT_REST, seed=1))
    assert tuple(s.report for s in sent) == STORY
    assert [s.at_ms for s in sent] == [r.after_ms for r in STORY]
    assert not any(s.breaks_first for s in sent)


def test_an_empty_story_stays_empty() -> None:
    assert tuple(with_faults((), parse("drop=0.5"), seed=1)) == ()


def test_the_same_seed_gives_the_same() -> None:
    faults = parse("drop=0.1,duplicate=0.1,reorder=0.1,disconnect=0.05,delay_s=3")
    assert tuple(with_faults(STORY, faults, seed=7)) == tuple(with_faults(STORY, faults, seed=7))
    assert tuple(with_faults(STORY, faults, seed=7)) != tuple(with_faults(STORY, faults, seed=8))


def test_one_dial_does_not_change_what_another_does() -> None:
    dropped = {s.report.after_ms for s in with_faults(STORY, Faults(drop=0.2), seed=3)}
    both = {s.report.after_ms for s in with_faults(STORY, Faults(drop=0.2, duplicate=0.5, delay_s=2.0), seed=3)}
    assert dropped == both


@pytest.mark.parametrize(("dial", "low", "high"), [("drop", 1_500, 1_700), ("duplicate", 2_300, 2_500)])
def test_drop_and_duplicate_do_it_that_often(dial: str, low: int, high: int) -> None:
    assert low < len(tuple(with_faults(STORY, Faults(**{dial: 0.2}), seed=1))) < high


def test_disconnect_breaks_that_often() -> None:
    assert 70 < sum(s.breaks_first for s in with_faults(STORY, Faults(disconnect=0.05), seed=1)) < 130


def test_reorder_lets_the_next_overtake() -> None:
    sent = [s.report.after_ms for s in with_faults(STORY, Faults(reorder=0.3), seed=1)]
    assert sorted(sent) == [r.after_ms for r in STORY]
    assert 400 < sum(b < a for a, b in pairwise(sent)) < 700


def test_delay_is_of_that_mean_and_sending_stays_in_order() -> None:
    sent = list(with_faults(STORY, Faults(delay_s=5.0), seed=1))
    assert [s.at_ms for s in sent] == sorted(s.at_ms for s in sent)
    assert sum(s.at_ms - s.report.after_ms for s in sent) / len(sent) == pytest.approx(5_000, rel=0.1)


def test_skew_moves_the_named_time_only() -> None:
    sent = list(with_faults(STORY, Faults(skew_s=-900), seed=1))
    assert all(s.report.observed_after_ms == s.at_ms - 900_000 for s in sent)


def test_parse() -> None:
    assert parse("") == AT_REST
    assert parse(" drop=0.01, delay_s=2 ") == Faults(drop=0.01, delay_s=2.0)
    with pytest.raises(FieldError, match="faults: got 'lag', expected one of drop, duplicate"):
        parse("lag=1")
    with pytest.raises(FieldError, match=r"faults\.drop: got 'much', expected a number"):
        parse("drop=much")
    with pytest.raises(FieldError, match=r"faults\.drop: got 1\.5, expected a probability"):
        parse("drop=1.5")
    with pytest.raises(FieldError, match=r"faults\.delay_s: got -1\.0"):
        parse("delay_s=-1")
