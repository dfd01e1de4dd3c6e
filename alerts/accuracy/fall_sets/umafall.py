"""UMAFall: five places at once, tags at 20 Hz (Casilari et al., Procedia Comput Sci 110:32-39, 2017; CC BY 4.0)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.accuracy.fall_trials import POSITIONS, Archive, FallTrial, worn_at

_WORN_G: Final = (0.8, 1.3)
_START_MS: Final = 3_000


def read(z: Archive) -> Iterator[FallTrial]:
    """Return the trials of one person, place after place, without those whose range was misread in the source."""
    for position in (name for name in POSITIONS if f"{name}_acc" in z):
        for trial in worn_at(z, "umafall", position, age=""):
            start = trial.acc[trial.t_ms < trial.t_ms[0] + _START_MS]
            if _in_range(trial.acc) and _in_range(start):
                yield trial


def _in_range(acc: NDArray[np.float64]) -> bool:
    """Return False for a stream whose range was misread in the source: standing is not near 1 g.

    Some tags were read at a quarter of their range for the first seconds only, the fall included.
    """
    low, high = _WORN_G
    return bool(low < np.median(np.linalg.norm(acc, axis=1)) < high)
