"""What happens after a suspected fall: the person rises and walks, or stays down."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from alerts.signal.fall.impact import Samples, Times
from alerts.signal.motion import Float, angle_deg

BIN_MS = 1_000
"""Posture and movement are judged second by second. [ms]"""
_LOOK_BACK = 10
_ENOUGH = 8
_UPRIGHT_DEG = 30.0
_TURNED_DEG = 45.0
_MOVING_G = 0.1
_STILL_G = 0.06
_MIN_SAMPLES = 5


@dataclass(slots=True)
class Aftermath:
    """Seconds since a suspected fall, one after the other.

    Somebody has risen when in 8 of the last 10 seconds either the trunk is within 30 degrees of how it was before the
    fall (only where the fall turned it by more than 45), or the body moves as in walking.

    Source: this project; measured in alerts/MEASURED.md.

    Attributes
    ----------
    next_ms : int
        Start of the next second to judge. [ms]
    upright : tuple of float
        Gravity before the fall, the direction of standing. [g]
    turned : bool
        The fall turned the trunk enough for posture to tell standing from lying; never at wrist or ankle.
    up, moving : list of int
        The last seconds: 1 upright or moving, 0 not, also when nothing was recorded. [-]
    still_ms : int
        How long the body has been still without a break, by recorded seconds. [ms]
    """

    next_ms: int
    upright: tuple[float, float, float]
    turned: bool
    up: list[int] = field(default_factory=list)
    moving: list[int] = field(default_factory=list)
    still_ms: int = 0

    def second(self, acc: Float) -> bool:
        """Take the samples of the next second.

        Parameters
        ----------
        acc : ndarray, shape (n, 3)
            Empty where nothing was recorded; NaN is a missing sample. [g]

        Returns
        -------
        bool
            Whether the person has risen.
        """
        good = acc[np.isfinite(acc).all(axis=1)]
        self.next_ms += BIN_MS
        if len(good) < _MIN_SAMPLES:
            self._note(0, 0)
            return False
        spread = float(np.linalg.norm(good, axis=1).std())
        tilt = angle_deg(good.mean(axis=0), np.array(self.upright))
        self._note(int(self.turned and tilt < _UPRIGHT_DEG), int(spread > _MOVING_G))
        self.still_ms = self.still_ms + BIN_MS if spread < _STILL_G else 0
        return sum(self.up) >= _ENOUGH or sum(self.moving) >= _ENOUGH

    def _note(self, up: int, moving: int) -> None:
        self.up = [*self.up, up][-_LOOK_BACK:]
        self.moving = [*self.moving, moving][-_LOOK_BACK:]

    def snapshot(self) -> dict[str, Any]:
        """Return the state as plain values."""
        return {
            "next_ms": self.next_ms,
            "upright": list(self.upright),
            "turned": self.turned,
            "up": list(self.up),
            "moving": list(self.moving),
            "still_ms": self.still_ms,
        }


def restored(state: Mapping[str, Any]) -> Aftermath:
    """Return what `Aftermath.snapshot` described.

    Source: this project.

    Parameters
    ----------
    state : mapping
        The description.

    Returns
    -------
    Aftermath
        The same state.
    """
    x, y, z = state["upright"]
    return Aftermath(**{**state, "upright": (x, y, z)})


def begin(ready_ms: int, *, trunk: bool, tilt_deg: float, gravity: Float) -> Aftermath:
    """Start watching after an impact.

    Source: this project.

    Parameters
    ----------
    ready_ms : int
        When the impact was judged. [ms]
    trunk : bool
        Whether the sensor sits on the trunk.
    tilt_deg : float
        How far the fall turned it. [deg]
    gravity : ndarray, shape (3,)
        Mean acceleration before the fall; NaN where it is not known. [g]

    Returns
    -------
    Aftermath
        Before its first second.
    """
    known = bool(np.isfinite(gravity).all())
    x, y, z = gravity.tolist() if known else (0.0, 0.0, 0.0)
    return Aftermath(next_ms=ready_ms, upright=(x, y, z), turned=trunk and known and tilt_deg > _TURNED_DEG)


def seconds(aftermath: Aftermath, t_ms: Times, acc: Samples, until_ms: int) -> list[Float]:
    """Cut samples into the whole seconds that are complete by a time.

    Source: this project.

    Parameters
    ----------
    aftermath : Aftermath
        Says which second is next.
    t_ms : ndarray, shape (n,)
        Not decreasing. [ms]
    acc : ndarray, shape (n, 3)
        Samples of these times. [g]
    until_ms : int
        Seconds that end later are not cut. [ms]

    Returns
    -------
    list of ndarray, shape (k, 3)
        One for each second, empty where nothing was recorded. [g]
    """
    count = max(0, (until_ms - aftermath.next_ms) // BIN_MS)
    edges = aftermath.next_ms + BIN_MS * np.arange(count + 1)
    cuts = np.searchsorted(t_ms, edges)
    pairs = itertools.pairwise(cuts)
    return [acc[first:last].astype(np.float64) for first, last in pairs]
