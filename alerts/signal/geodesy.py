"""Distance on the earth. Pure.

References
----------
.. [1] R. W. Sinnott, "Virtues of the Haversine," Sky and Telescope 68(2):159, 1984.
.. [2] H. Moritz, "Geodetic Reference System 1980," J Geodesy 74:128-133, 2000, doi:10.1007/s001900050278.
"""

from __future__ import annotations

import math

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius (IUGG). [m]"""

_ZERO_DEG = 0.01
_POLE_DEG, _DATE_LINE_DEG = 89.999, 180.0


def distance_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Return the great-circle distance between two places.

    Source: the haversine formula [1]_ on a sphere of the earth's mean radius [2]_; off by up to about 0.5 % from the
    ellipsoid.

    Parameters
    ----------
    a, b : tuple of float
        Latitude and longitude. [deg]

    Returns
    -------
    float
        Along the surface. [m]
    """
    (lat_a, lon_a), (lat_b, lon_b) = ((math.radians(x), math.radians(y)) for x, y in (a, b))
    h = math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(h)))


def is_nowhere(latitude_deg: float, longitude_deg: float) -> bool:
    """Tell whether coordinates are what receivers send when they do not know: zero, a pole, or off the globe.

    Source: this project; what trackers in the field report without a fix.

    Parameters
    ----------
    latitude_deg, longitude_deg : float
        The place. [deg]

    Returns
    -------
    bool
        No fix.
    """
    zero = abs(latitude_deg) < _ZERO_DEG and abs(longitude_deg) < _ZERO_DEG
    return zero or abs(latitude_deg) >= _POLE_DEG or abs(longitude_deg) >= _DATE_LINE_DEG
