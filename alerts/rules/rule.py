"""When a number alarms, and when it has recovered: what a rule names, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from anhu.contract.clock import HOUR_MS, MINUTE_MS
from anhu.contract.priority import Priority


class Level(NamedTuple):
    """How far, and for how long, before it counts as this urgent."""

    priority: Priority
    limit: float
    hold_ms: int = 0
    readings: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When a number alarms, and when it has recovered.

    Attributes
    ----------
    above : bool
        Alarms at or above its limits; otherwise at or below.
    levels : tuple of Level
        Mildest first.
    clear : float
        Recovered at this value or beyond it on the healthy side. [the quantity's unit]
    clear_hold_ms, clear_readings : int
        For how long, and in how many readings; without a time, in a row however far apart. [ms]
    max_gap_ms : int
        Readings further apart than this do not belong to one excursion. [ms]
    alone : Priority or None
        How urgent an alarming reading is that no other followed within `max_gap_ms`; None forgets it.
    repeat_ms : int
        While it goes on, it is said again this often. [ms]
    feature : str
        Name of the value in the evidence, with unit.
    """

    kind: str
    feature: str
    above: bool
    levels: tuple[Level, ...]
    clear: float
    clear_hold_ms: int = 0
    clear_readings: int = 1
    max_gap_ms: int = 10 * MINUTE_MS
    alone: Priority | None = None
    repeat_ms: int = HOUR_MS
