"""What is reckoned in a short way is what the definition says."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from alerts.signal.intervals import distinct, middle, sample_entropy, share
from alerts.signal.motion import Float, smooth_times


def _entropy(rr_ms: Float) -> float:
    """Return the coefficient of sample entropy, pair by pair."""
    pairs = list(itertools.combinations(range(len(rr_ms) - 1), 2))
    one = [abs(rr_ms[i] - rr_ms[j]) for i, j in pairs]
    two = [max(first, abs(rr_ms[i + 1] - rr_ms[j + 1])) for first, (i, j) in zip(one, pairs, strict=True)]
    tolerance = max(30.0, sorted(two)[:5][-1])
    of_two = max(1, sum(apart <= tolerance for apart in two))
    of_one = max(of_two, sum(apart <= tolerance for apart in one))
    return math.log(of_one / of_two) + math.log(2.0 * tolerance) - math.log(float(np.mean(rr_ms)))


@pytest.mark.parametrize("spread_ms", [0.0, 5.0, 40.0, 300.0])
@pytest.mark.parametrize("n", [6, 7, 20, 45])
def test_sample_entropy_is_that_of_its_pairs(n: int, spread_ms: float) -> None:
    rr_ms = np.random.default_rng(n).normal(900.0, spread_ms, n)
    assert sample_entropy(rr_ms) == pytest.approx(_entropy(rr_ms), abs=1e-12)


def test_counts_shares_and_medians_are_those_of_numpy() -> None:
    rng = np.random.default_rng(3)
    for n in (1, 2, 9, 40):
        values = rng.integers(0, 12, n)
        assert distinct(values).tolist() == np.unique(values, return_counts=True)[1].tolist()
        assert share(values > 5) == np.mean(values > 5)
        assert middle(values.astype(np.float64)) == np.median(values)


@pytest.mark.parametrize("rate_hz", [125.0, 200.0, 300.0, 360.0, 500.0])
def test_times_that_are_rounded_to_milliseconds_are_no_bursts(rate_hz: float) -> None:
    t_ms = np.rint(np.arange(4_000) * 1_000.0 / rate_hz)
    assert np.abs(smooth_times(t_ms) - np.arange(4_000) * 1_000.0 / rate_hz).max() <= 1.0
