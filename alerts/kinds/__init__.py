"""Everything that can be raised, read from the data sheets beside the detectors and the engine's stages.

This is the one place: ladders, limits, charts, sentences and the tables of the documents ask here. `alerts.kinds.sheet`
says what may stand in a sheet; nothing that is wrong, missing or said twice gets past the start.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from alerts.kinds.reading import read_sheets
from alerts.kinds.sheet import AlertKind, Route, Sheet, SheetError, Words
from alerts.kinds.table import joined, table_of_kinds

__all__ = [
    "DRILLS",
    "FEATURES",
    "KINDS",
    "NOTES",
    "PHASES",
    "SHARED",
    "SHEETS",
    "VITAL_LATE_H",
    "AlertKind",
    "Route",
    "Sheet",
    "SheetError",
    "Words",
    "kinds_of_episode",
    "stage",
]

VITAL_LATE_H = 2
"""A kind with no longer `AlertKind.late_h` is a vital sign: what is older is not told. [h]"""

SHEETS: Mapping[str, Sheet] = MappingProxyType(read_sheets(Path(__file__).parents[1]))
"""Path below `alerts`, without its ending -> data sheet."""
KINDS: Mapping[str, AlertKind] = MappingProxyType(table_of_kinds(SHEETS.values()))
DRILLS = frozenset(code for code, kind in KINDS.items() if kind.route in {Route.DRILL, Route.HEARTBEAT})
"""Kinds that are no alarm: what is said of them must say so."""
FEATURES: Mapping[str, Words] = MappingProxyType(joined((path, sheet.features) for path, sheet in SHEETS.items()))
PHASES: Mapping[str, Words] = MappingProxyType(joined((path, sheet.phases) for path, sheet in SHEETS.items()))
SHARED: frozenset[str] = frozenset(
    code
    for code, kind in KINDS.items()
    if not kind.latches and sum(code in sheet.raises for sheet in SHEETS.values()) > 1
)
"""Kinds that several rules raise and end, each for itself; a call for help is ended by whoever made it, or a person."""
NOTES: Mapping[str, Words] = MappingProxyType(
    {
        f"alert.note.{name}": words
        for name, words in joined((path, sheet.notes) for path, sheet in SHEETS.items()).items()
    }
)


def stage(kind: str) -> int:
    """Return which stage of its episode a kind is; 0 when the episode is its own."""
    episode = KINDS[kind].episode if kind in KINDS else None
    return 0 if episode is None else episode.stage


def kinds_of_episode(kind: str) -> tuple[str, ...]:
    """Return the kinds that share one open alert with a kind, itself among them."""
    episode = KINDS[kind].episode if kind in KINDS else None
    if episode is None:
        return (kind,)
    return tuple(code for code, other in KINDS.items() if other.episode and other.episode.of == episode.of)
