from __future__ import annotations

import numpy as np
import pytest

from alerts.signal.motion import angle_deg, even_grid, smooth_times


def test_samples_that_arrive_in_bursts_are_spread_evenly() -> None:
    true = np.arange(100) * 20.0
    bursts = np.ceil(true / 100.0) * 100.0
    assert np.abs(smooth_times(bursts) - true - 40.0).max() < 12.0


def test_a_pause_is_not_smoothed_away() -> None:
    t = np.concatenate([np.arange(50) * 20.0, 5_000.0 + np.arange(50) * 20.0])
    np.testing.assert_allclose(smooth_times(t), t, atol=1e-6)


def test_a_dense_signal_is_averaged_and_a_sparse_one_interpolated() -> None:
    dense_t = np.arange(0, 1_000, 5.0)
    dense = even_grid(dense_t, np.sin(dense_t / 200.0)[:, None], start_ms=0.0, step_ms=20.0, n=50)
    sparse_t = np.arange(0, 1_000, 50.0)
    sparse = even_grid(sparse_t, np.sin(sparse_t / 200.0)[:, None], start_ms=0.0, step_ms=20.0, n=48)
    middle = np.arange(48) * 20.0
    assert np.abs(dense[1:48, 0] - np.sin(middle[1:] / 200.0)).max() < 0.01
    assert np.nanmax(np.abs(sparse[:, 0] - np.sin(middle / 200.0))) < 0.02


def test_lost_samples_do_not_move_the_others() -> None:
    t = np.delete(np.arange(100) * 20.0, slice(40, 50))
    np.testing.assert_array_equal(smooth_times(t), t)


def test_a_long_gap_stays_missing_and_a_short_one_is_bridged() -> None:
    t = np.arange(0, 4_000, 20.0)
    values = np.ones((len(t), 3))
    values[(t > 1_000) & (t < 1_200)] = np.nan
    values[(t > 2_000) & (t < 3_000)] = np.nan
    grid = even_grid(t, values, start_ms=0.0, step_ms=20.0, n=200)
    assert np.isfinite(grid[:100]).all()
    assert np.isnan(grid[102:148]).all()


@pytest.mark.parametrize("values", [np.empty((0, 3)), np.full((5, 3), np.nan)])
def test_nothing_gives_nothing(values: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> None:
    assert np.isnan(even_grid(np.arange(0, len(values) * 20.0, 20.0), values, start_ms=0.0, step_ms=20.0, n=10)).all()


def test_angles() -> None:
    assert angle_deg(np.array([1.0, 0, 0]), np.array([0, 2.0, 0])) == pytest.approx(90)
    assert np.isnan(angle_deg(np.zeros(3), np.array([1.0, 0, 0])))
