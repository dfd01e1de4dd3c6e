"""A rule that calls for many residents of an area at once: named beside their alerts, which it holds back in nothing.

A faulty firmware, a heat wave or an epidemic look like this; whoever answers should know that it is not one person.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.storms.areas import LEAST, Areas
from alerts.finding import Condition, Evidence, Finding
from alerts.kinds import KINDS
from alerts.time_shift import all_shifted
from anhu.contract.clock import HOUR_MS, MINUTE_MS
from anhu.contract.priority import Priority

HOLD_MS = 5 * MINUTE_MS
"""So close together is a storm. [ms]"""
_OVER_MS = HOUR_MS
"""It is over when an hour has passed without another. [ms]"""


MOST_NAMED = 100
"""Devices and residents that a storm's alert lists; it counts all."""


def storm_name(area: str, kind: str) -> str:
    """Return what tells the storms apart that are put on one resident: each ends by itself."""
    return f"{kind}/{area}"


def storm_note(kind: str) -> str:
    """Return the note of a storm: the kind that storms, in the reader's words."""
    return f"kind.{kind}"


class _Named(msgspec.Struct):
    resident_id: str
    began_ms: int
    newest_ms: int
    residents: int


class RuleStorms:
    """Counts residents by area and kind of alert.

    Parameters
    ----------
    areas : Areas
        Which device belongs where.
    """

    def __init__(self, areas: Areas) -> None:
        self._areas = areas
        self._seen: dict[tuple[str, str], dict[str, int]] = {}  # area, kind -> resident -> when
        self._storms: dict[tuple[str, str], _Named] = {}

    @property
    def due_ms(self) -> int | None:
        """When a storm may be over. [ms]."""
        return min((storm.newest_ms + _OVER_MS for storm in self._storms.values()), default=None)

    def count(self, one: ResidentFinding, now_ms: int) -> list[ResidentFinding]:
        """Count a finding; return the storms that begin with it. [ms]."""
        kind = one.finding.kind
        row = KINDS.get(kind)
        pages = one.finding.priority >= Priority.MEDIUM and one.finding.condition is Condition.PRESENT
        if not pages or row is None or row.latches:
            return []
        out: list[ResidentFinding] = []
        for area in self._areas.of(one.device_id):
            storm = self._storms.get((area, kind))
            if storm is not None:
                storm.newest_ms = now_ms
                continue
            seen = self._seen.setdefault((area, kind), {})
            seen[one.resident_id] = now_ms
            if len(seen) < LEAST:
                continue
            recent = {who: t for who, t in seen.items() if t > now_ms - HOLD_MS}
            self._seen[area, kind] = recent
            if self._areas.is_many(area, len(recent)):
                storm = self._storms[area, kind] = _Named(next(iter(recent)), now_ms, now_ms, len(recent))
                out.append(self._named(area, kind, storm, Condition.PRESENT, now_ms))
        return out

    def let_time_pass(self, now_ms: int) -> list[ResidentFinding]:
        """End storms to which nothing came any more. [ms]."""
        over = [key for key, storm in self._storms.items() if now_ms - storm.newest_ms >= _OVER_MS]
        return [self._named(*key, self._storms.pop(key), Condition.GONE, now_ms) for key in over]

    def _named(self, area: str, kind: str, storm: _Named, condition: Condition, now_ms: int) -> ResidentFinding:
        evidence = Evidence(
            features={"residents": float(storm.residents), "area_devices": float(self._areas.size(area))},
            limits={"residents": self._areas.many(area)},
            start_ms=storm.began_ms - HOLD_MS,
            end_ms=now_ms,
            note=storm_note(kind),
            room=storm_name(area, kind),
            residents=sorted(self._seen.get((area, kind), ()))[:MOST_NAMED],
        )
        finding = Finding("rule_storm", condition, now_ms, now_ms, 1.0, Priority.MEDIUM, evidence)
        return ResidentFinding(storm.resident_id, "", finding)

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._seen = {key: all_shifted(seen, by_ms) for key, seen in self._seen.items()}
        for storm in self._storms.values():
            storm.began_ms, storm.newest_ms = storm.began_ms + by_ms, storm.newest_ms + by_ms

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        return {
            "seen": [[*key, seen] for key, seen in self._seen.items() if seen],
            "storms": [[*key, msgspec.to_builtins(storm)] for key, storm in self._storms.items()],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._seen = {(area, kind): dict(seen) for area, kind, seen in state["seen"]}
        self._storms = {(area, kind): msgspec.convert(kept, _Named) for area, kind, kept in state["storms"]}
