"""How large a city is."""

from __future__ import annotations

from typing import NamedTuple

FULL_RESIDENTS = 1_000_000
_A_TEAM, _A_COUNTY, _OPEN = 1_250, 50_000, 400


class CitySize(NamedTuple):
    """How many of everything; two counties and eighty teams at least, so that there is somebody else."""

    residents: int
    devices: int
    teams: int
    counties: int
    alerts: int
    audit: int
    open_alerts: int

    @property
    def values(self) -> dict[str, int]:
        """Return the numbers as statements name them."""
        return {**self._asdict(), "teams_a_county": self.teams // self.counties}


def city_size(part: float = 1.0, *, audit_part: float | None = None) -> CitySize:
    """Return a city, or a part of one: teams and counties keep their size, there are fewer of them.

    Parameters
    ----------
    audit_part : float, optional
        The part of 100 million audit rows; None: the same part.
    """
    residents = max(2_000, round(FULL_RESIDENTS * part))
    counties = max(2, residents // _A_COUNTY)
    teams = max(4, residents // _A_TEAM) // counties * counties
    audit = round(100 * FULL_RESIDENTS * (part if audit_part is None else audit_part))
    return CitySize(
        residents=residents,
        devices=2 * residents,
        teams=max(teams, 2 * counties),
        counties=counties,
        alerts=10 * residents,
        audit=max(audit, 2_000),
        open_alerts=max(50, round(_OPEN * min(1.0, 10 * part))),
    )
