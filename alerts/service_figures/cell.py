"""One cell of the figures: what became of the alarms of one rule and device model at one centre and team. Pure.

Times are counted from the event, by the device's clock, and not from when we learned of it; an alarm that was reported
late is counted from when it was raised, and its number is told. Drills and tests are counted apart and in nothing else.

Source: EN 50134-7 and the practice of telecare centres: 97.5 % of calls answered within 60 s, 99 % within 180 s, 90 %
attended within 45 min.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

from alerts.episodes.lifecycle import Outcome
from alerts.kinds import DRILLS
from anhu.contract.clock import SECOND_MS

ANSWER_S = (60, 180)
"""Within which a call is to be answered. [s]"""
ATTEND_S = 45 * 60
"""Within which somebody is to be with the resident. [s]"""
STEPS_S = (15, 30, 60, 120, 180, 300, 600, 1_800, 3_600)
"""Upper ends of the steps in which answer times are counted; behind them is one without an end. [s]"""
_WIDTH = 5
"""Of a key as it was before detectors had versions."""
_PRACTICE = frozenset({Outcome.TEST, Outcome.DRILL})


class Key(NamedTuple):
    """Whose alarms, and which."""

    centre_id: str
    team_id: str
    kind: str
    model: str
    priority: int
    detector: str = ""
    version: int = 0
    firmware: str = ""
    """Of the device, when it was raised; these three are empty where nobody wrote them down."""


class Case(NamedTuple):
    """One alarm as far as it is counted.

    Attributes
    ----------
    event_ms, raised_ms : int
        When it happened by the device, and when we knew. [ms]
    answered_ms, on_scene_ms, closed_ms : int or None
        When somebody took it, was there, and ended it. [ms]
    """

    key: Key
    event_ms: int
    raised_ms: int
    answered_ms: int | None
    on_scene_ms: int | None
    closed_ms: int | None
    outcome: str
    late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many alarms, and what became of them.

    Attributes
    ----------
    alarms : int
        All but drills and tests.
    steps : tuple of int
        Answered alarms by how long it took: up to each of `STEPS_S`, and longer.
    resolved : int
        Went away before anybody answered.
    """

    alarms: int = 0
    late: int = 0
    answered: int = 0
    within_60_s: int = 0
    within_180_s: int = 0
    attended: int = 0
    within_45_min: int = 0
    closed: int = 0
    true: int = 0
    false: int = 0
    device_fault: int = 0
    resolved: int = 0
    practice: int = 0
    steps: tuple[int, ...] = (0,) * (len(STEPS_S) + 1)

    def __add__(self, other: Counts) -> Counts:
        """Return both together."""
        sums = {name: getattr(self, name) + getattr(other, name) for name in COUNTED}
        return Counts(**sums, steps=tuple(a + b for a, b in zip(self.steps, other.steps, strict=True)))

    @property
    def judged(self) -> int:
        """Alarms of which somebody said whether they were true."""
        return self.true + self.false + self.device_fault

    def answered_within(self, share: float) -> int | None:
        """Return the step within which this share of the answered was; None without any, or beyond the steps. [s]."""
        wanted, seen = share * self.answered, 0
        for step, number in zip(STEPS_S, self.steps, strict=False):
            seen += number
            if self.answered and seen >= wanted:
                return step
        return None


COUNTED = tuple(one.name for one in fields(Counts) if one.name != "steps")


def counts_of(case: Case) -> Counts:
    """Return what one alarm adds."""
    if case.outcome in _PRACTICE or case.key.kind in DRILLS:
        return Counts(practice=1)
    begins_ms = case.raised_ms if case.late else min(case.event_ms, case.raised_ms)
    answered_s, attended_s = _after_s(begins_ms, case.answered_ms), _after_s(begins_ms, case.on_scene_ms)
    return Counts(
        alarms=1,
        late=int(case.late),
        answered=int(answered_s is not None),
        within_60_s=_within(answered_s, ANSWER_S[0]),
        within_180_s=_within(answered_s, ANSWER_S[1]),
        attended=int(attended_s is not None),
        within_45_min=_within(attended_s, ATTEND_S),
        closed=int(case.closed_ms is not None and case.outcome != Outcome.RESOLVED),
        true=int(case.outcome == Outcome.TRUE),
        false=int(case.outcome == Outcome.FALSE),
        device_fault=int(case.outcome == Outcome.DEVICE_FAULT),
        resolved=int(case.outcome == Outcome.RESOLVED),
        steps=_step_of(answered_s),
    )


def counted(cases: Iterable[Case]) -> dict[Key, Counts]:
    """Return the cells of many alarms."""
    cells: dict[Key, Counts] = {}
    for case in cases:
        cells[case.key] = cells.get(case.key, Counts()) + counts_of(case)
    return cells


def together(cells: Mapping[Key, Counts], by: Sequence[str]) -> dict[tuple[str | int, ...], Counts]:
    """Return the cells summed by some parts of their key, in the key's order."""
    sums: dict[tuple[str | int, ...], Counts] = {}
    for key, counts in cells.items():
        part = tuple(getattr(key, name) for name in by)
        sums[part] = sums.get(part, Counts()) + counts
    return sums


def as_rows(cells: Mapping[Key, Counts]) -> list[list[object]]:
    """Return cells as rows of plain values, always in the same order."""
    return [[*_known(key), *(getattr(c, name) for name in COUNTED), list(c.steps)] for key, c in sorted(cells.items())]


def _known(key: Key) -> Sequence[str | int]:
    """Return a key without what nobody wrote down: a month from before that stays as it was kept."""
    return key if any(key[_WIDTH:]) else key[:_WIDTH]


def from_rows(rows: Iterable[Sequence[object]]) -> dict[Key, Counts]:
    """Return what `as_rows` wrote."""
    found = {}
    for row in rows:
        width = len(row) - len(COUNTED) - 1
        key, counts = Key(*row[:width]), dict(zip(COUNTED, row[width:], strict=False))  # type: ignore[arg-type] # as written
        found[key] = Counts(**counts, steps=tuple(row[-1]))  # type: ignore[arg-type] # the same
    return found


def _after_s(begins_ms: int, then_ms: int | None) -> float | None:
    return None if then_ms is None else max(then_ms - begins_ms, 0) / SECOND_MS


def _within(took_s: float | None, limit_s: int) -> int:
    return int(took_s is not None and took_s <= limit_s)


def _step_of(took_s: float | None) -> tuple[int, ...]:
    found = -1 if took_s is None else bisect_left(STEPS_S, took_s)
    return tuple(int(number == found) for number in range(len(STEPS_S) + 1))
