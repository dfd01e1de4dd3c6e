"""Newest values as tiles: number, unit, when, and whether to believe it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from anhu.contract.clock import DAY_MS
from api.schemas.observations import LatestView
from api.web.marks import Mark, Marks, worse
from api.web.wording import Wording

_ELSEWHERE = frozenset({"battery", "signal_strength", "rr_interval", "diastolic_pressure"})


class Tile(NamedTuple):
    """One value.

    Attributes
    ----------
    old : bool
        More than a day old.
    mark : Mark or None
        That it is abnormal.
    """

    name: str
    value: str
    unit: str
    at_ms: int
    doubts: str
    old: bool
    mark: Mark | None


def tiles(latest: Sequence[LatestView], marks: Marks, wording: Wording, *, since_ms: int = 0) -> list[Tile]:
    """Return the tiles of values not older than `since_ms`, both blood pressures in one. [ms]."""
    found = {one.quantity: one for one in latest if one.observed_at_ms >= since_ms}
    return [tile(one, found, marks, wording) for code, one in found.items() if code not in _ELSEWHERE]


def tile(one: LatestView, found: Mapping[str, LatestView], marks: Marks, wording: Wording) -> Tile:
    """Return the tile of a value; `found` has the lower pressure that belongs to an upper one."""
    name, value = wording.quantity(one.quantity), wording.number(one.value, one.quantity)
    mark = marks.of(one.quantity, one.value, wording)
    lower = found.get("diastolic_pressure") if one.quantity == "systolic_pressure" else None
    if lower is not None:
        name = wording.t("chart.pressure")
        value = f"{value}/{wording.number(lower.value, lower.quantity)}"
        mark = worse(mark, marks.of(lower.quantity, lower.value, wording))
    return Tile(
        name=name,
        value=value,
        unit=wording.unit(one.quantity),
        at_ms=one.observed_at_ms,
        doubts=wording.doubts(one.quality),
        old=wording.now_ms - one.observed_at_ms > DAY_MS,
        mark=mark,
    )
