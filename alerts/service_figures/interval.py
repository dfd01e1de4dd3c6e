"""How sure a share is that was counted on few. Pure."""

from __future__ import annotations

import math
from typing import NamedTuple

_Z = 1.959964
"""Of a normal distribution, two-sided 95 %. [-]"""


class Share(NamedTuple):
    """A share with the interval that holds it in 95 of 100 cases. 0 to 1."""

    share: float
    low: float
    high: float


def wilson(part: int, whole: int) -> Share | None:
    """Return a share with its interval; None for a share of nothing.

    Source: E. B. Wilson, J Am Stat Assoc 22:209-212, 1927, doi:10.1080/01621459.1927.10502953.
    """
    if not whole:
        return None
    share, z2 = part / whole, _Z * _Z
    middle = share + z2 / (2 * whole)
    half = _Z * math.sqrt(share * (1 - share) / whole + z2 / (4 * whole * whole))
    scale = 1 + z2 / whole
    low, high = (middle - half) / scale, (middle + half) / scale
    return Share(share, max(0.0, min(share, low)), min(1.0, max(share, high)))
