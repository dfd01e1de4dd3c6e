"""Newest values as tiles: number, unit, when, and whether to believe it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from anhu.contract.clock import DAY_MS
from api.schemas.observations import LatestView
from api.web.wording import Wording

_ELSEWHERE = frozenset({"battery", "signal_strength", "rr_interval", "diastolic_pressure"})


class Tile(NamedTuple):
    """One value.

    Attributes
    ----------
    old : bool
        More than a day old.
    """

    name: str
    value: str
    unit: str
    at_ms: int
    doubts: str
    old: bool


def tiles(latest: Sequence[LatestView], wording: Wording, *, since_ms: int = 0) -> list[Tile]:
    """Return the tiles of values not older than `since_ms`, both blood pressures in one. [ms]."""
    found = {one.quantity: one for one in latest if one.observed_at_ms >= since_ms}
    return [_tile(one, found, wording) for code, one in found.items() if code not in _ELSEWHERE]


def _tile(one: LatestView, found: dict[str, LatestView], wording: Wording) -> Tile:
    name, value = wording.quantity(one.quantity), wording.number(one.value, one.quantity)
    lower = found.get("diastolic_pressure") if one.quantity == "systolic_pressure" else None
    if lower is not None:
        name = wording.t("chart.pressure")
        value = f"{value}/{wording.number(lower.value, lower.quantity)}"
    return Tile(
        name=name,
        value=value,
        unit=wording.unit(one.quantity),
        at_ms=one.observed_at_ms,
        doubts=wording.doubts(one.quality),
        old=wording.now_ms - one.observed_at_ms > DAY_MS,
    )
