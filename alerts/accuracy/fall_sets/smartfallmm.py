"""SmartFallMM: a watch and a phone at the hip, with an application's uneven time stamps (Texas State University).

Falls of young people, activities of young and old. Where the time stamps cannot be those of such a device (they run
backwards, or for hours) or so little was kept that no fall could be decided, a trial is left out: about a quarter.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.accuracy.fall_trials import STANDARD_GRAVITY, Archive, FallTrial

_WORN: Final = {"watch": "wrist", "phone": "hip"}
_RATES_HZ: Final = (25.0, 60.0)
_SHORTEST_S: Final = 4.5
"""A second before an impact and the time after it that a decision waits for. [s]"""


def read(z: Archive) -> Iterator[FallTrial]:
    """Return the trials of one person, first the watch's, then the phone's."""
    for device, position in _WORN.items():
        if f"{device}_acc" not in z:
            continue
        start, stamped = z[f"{device}_start"], z[f"{device}_t_ms"].astype(np.int64)
        acc = z[f"{device}_acc"].T * float(z[f"{device}_acc_scale"]) / STANDARD_GRAVITY
        for k, name in enumerate(z["name"]):
            part = slice(start[k], start[k + 1])
            if not _usable(stamped[part]):
                continue
            yield FallTrial(
                dataset="smartfallmm",
                subject=f"{z['group']}_{z['subject']}",
                code=str(name),
                is_fall=bool(z["fall"][k]),
                position=position,
                age=str(z["group"]),
                t_ms=stamped[part] - stamped[start[k]],
                acc=acc[part],
                number=k,
            )


def _usable(t_ms: NDArray[np.int64]) -> bool:
    """Return whether times never run backwards, and are as many and as long as a fall needs."""
    lasts_s = float(t_ms[-1] - t_ms[0]) / 1_000 if len(t_ms) else 0.0
    low, high = _RATES_HZ
    return lasts_s >= _SHORTEST_S and low <= (len(t_ms) - 1) / lasts_s <= high and bool((np.diff(t_ms) >= 0).all())
