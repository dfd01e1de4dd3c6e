from __future__ import annotations

from itertools import pairwise

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.signal.fall.features import NAMES, PHASES_MS, features
from alerts.signal.fall.impact import POST_MS, PRE_MS, STEP_MS, Impact, ImpactGate

T0 = 1_700_000_000_000


def knocks(*at_s: float, seconds: float = 20.0, rate_hz: float = 50.0) -> tuple[np.ndarray, np.ndarray]:
    n = round(seconds * rate_hz)
    t = T0 + np.round(np.arange(n) * 1_000 / rate_hz).astype(np.int64)
    acc = np.tile(np.array([0.0, 0.0, 1.0], dtype=np.float32), (n, 1))
    for at in at_s:
        acc[round(at * rate_hz)] *= 3.0
    return t, acc


def test_a_knock_is_cut_out_with_its_surroundings() -> None:
    t, acc = knocks(8.0)
    (impact,) = ImpactGate(1.6).feed(t, acc)
    assert impact.peak_ms == T0 + 8_000
    assert impact.ready_ms == impact.peak_ms + POST_MS
    assert impact.grid.shape == ((PRE_MS + POST_MS) // STEP_MS, 3)
    assert np.linalg.norm(impact.grid, axis=1).argmax() == PRE_MS // STEP_MS


def test_knocks_within_a_second_are_one() -> None:
    assert len(ImpactGate(1.6).feed(*knocks(8.0, 8.5, 12.0))) == 2


def test_what_is_not_yet_followed_by_enough_waits_for_a_flush() -> None:
    gate = ImpactGate(1.6)
    assert gate.feed(*knocks(8.0, seconds=10.0)) == []
    assert gate.waiting
    (impact,) = gate.flush()
    assert np.isnan(impact.grid[-50:]).all()
    assert not gate.waiting


def same(a: list[Impact], b: list[Impact]) -> bool:
    return len(a) == len(b) and all(
        x.peak_ms == y.peak_ms and x.ready_ms == y.ready_ms and np.array_equal(x.grid, y.grid, equal_nan=True)
        for x, y in zip(a, b, strict=True)
    )


@settings(max_examples=40, deadline=None)
@given(
    cuts=st.lists(st.integers(1, 999), max_size=12, unique=True),
    at=st.lists(st.floats(0, 19), max_size=6),
    seed=st.integers(0, 99),
)
def test_any_cut_and_a_restart_at_any_cut_give_the_same(cuts: list[int], at: list[float], seed: int) -> None:
    rng = np.random.default_rng(seed)
    t, acc = knocks(*at)
    t = np.maximum.accumulate(t + rng.integers(-60, 60, len(t)))
    acc = acc + rng.normal(0, 0.3, acc.shape).astype(np.float32)
    acc[rng.random(len(acc)) < 0.05] = np.nan
    whole = ImpactGate(1.6).feed(t, acc)
    gate, found = ImpactGate(1.6), []
    for start, end in pairwise([0, *sorted(cuts), len(t)]):
        state = msgspec.msgpack.decode(msgspec.msgpack.encode(gate.snapshot()))
        gate = ImpactGate(1.6)
        gate.restore(state)
        found += gate.feed(t[start:end], acc[start:end])
    assert same(found, whole)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 999))
def test_features_do_not_depend_on_how_the_sensor_is_mounted(seed: int) -> None:
    rng = np.random.default_rng(seed)
    grid = rng.normal(0, 0.8, (325, 3)) + np.array([0.0, 0.3, 1.0])
    grid[rng.random(325) < 0.05] = np.nan
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    plain, turned = features(grid), features(grid @ turn)
    free = np.array(["jerk" not in name for name in NAMES])  # summed along the axes: nearly free of them
    np.testing.assert_allclose(turned[free], plain[free], rtol=1e-6, atol=1e-3)
    assert plain.shape == (len(NAMES),)


def test_phases_follow_one_another() -> None:
    assert all(a[2] == b[1] for a, b in pairwise(PHASES_MS))


def test_features_of_an_empty_stretch_are_missing_and_warn_of_nothing() -> None:
    assert features(np.full((325, 3), np.nan)).shape == (len(NAMES),)
