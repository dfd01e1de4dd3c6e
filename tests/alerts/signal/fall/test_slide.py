"""Posture left within seconds and stillness in another, without a knock."""

from __future__ import annotations

import numpy as np
import pytest

from alerts.signal.fall.impact import ImpactGate
from alerts.signal.fall.slide import KEPT_MS, Slide, SlideGate, lowest
from alerts.signal.motion import Float

RATE_HZ = 50
UPRIGHT, LYING = (0.0, 0.0, 1.0), (1.0, 0.0, 0.1)


def posture(seconds: float, gravity: tuple[float, float, float], sway_g: float = 0.01) -> Float:
    n = round(seconds * RATE_HZ)
    swaying: Float = np.random.default_rng(n).normal(0.0, sway_g, (n, 3)) + np.array(gravity)
    return swaying


def down(seconds: float) -> Float:
    return np.linspace(UPRIGHT, LYING, round(seconds * RATE_HZ))


def found(signal: Float, piece: int = 50, restart: int | None = None) -> list[Slide]:
    gate = SlideGate()
    t_ms = 1_700_000_000_000 + np.arange(len(signal), dtype=np.int64) * (1_000 // RATE_HZ)
    slides: list[Slide] = []
    for first in range(0, len(signal), piece):
        if restart is not None and first >= restart:
            state, gate, restart = gate.snapshot(), SlideGate(), None
            gate.restore(state)
        part = slice(first, first + piece)
        slides += gate.feed(t_ms[part], signal[part].astype(np.float32))
    return slides


SLID = np.concatenate([posture(8, UPRIGHT), down(1.5), posture(12, LYING)])


def test_who_sinks_down_and_stays_is_found_once() -> None:
    (slide,) = found(SLID)
    since_s = np.array([slide.start_ms, slide.end_ms, slide.ready_ms]) / 1_000 - 1_700_000_000
    assert since_s[0] <= 9.5
    assert since_s[1] >= 8.0
    assert since_s[2] - since_s[1] == 4.0


@pytest.mark.parametrize("piece", [1, 13, 100, 5_000])
def test_any_length_of_the_pieces_and_a_restart_give_the_same(piece: int) -> None:
    assert found(SLID, piece) == found(SLID) == found(SLID, restart=600)


@pytest.mark.parametrize(
    "signal",
    [
        np.concatenate([posture(8, UPRIGHT), down(1.5), posture(12, LYING, sway_g=0.15)]),
        posture(30, LYING),
        np.concatenate([posture(8, UPRIGHT), posture(12, (0.3, 0.0, 0.95))]),
        np.concatenate([posture(8, UPRIGHT), np.full((600, 3), np.nan), posture(12, LYING)]),
    ],
    ids=["still moving", "lying all the time", "leaning", "not worn between"],
)
def test_nothing_else_is_a_slide(signal: Float) -> None:
    assert found(signal) == []


def test_a_clock_that_was_set_moves_what_is_found() -> None:
    gate, by_ms = SlideGate(), -3_600_700
    t_ms = 1_700_000_000_000 + np.arange(len(SLID), dtype=np.int64) * 20
    assert gate.feed(t_ms[:450], SLID[:450].astype(np.float32)) == []
    gate.shift(by_ms)
    (slide,) = gate.feed(t_ms[450:] + by_ms, SLID[450:].astype(np.float32))
    assert [Slide(*(at - by_ms for at in slide))] == found(SLID)


def test_what_was_a_knock_is_left_to_the_other_gate() -> None:
    t_ms = np.arange(len(SLID), dtype=np.int64) * 20
    knocked = SLID.copy()
    knocked[440] = (2.0, 0.0, 0.0)
    for signal, is_slide in ((SLID, True), (knocked, False)):
        gate, slides = ImpactGate(1.6, kept_ms=KEPT_MS), SlideGate()
        stretches = []
        for first in range(0, len(signal), 50):
            piece = t_ms[first : first + 50], signal[first : first + 50].astype(np.float32)
            gate.feed(*piece)
            stretches += [lowest(slide, gate, 1.6) for slide in slides.feed(*piece)]
        (stretch,) = stretches
        assert (stretch is not None) == is_slide
        assert stretch is None or np.isfinite(stretch.grid).all()
