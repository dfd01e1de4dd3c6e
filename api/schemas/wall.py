"""What a wall screen shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.schemas.alerts import PriorityWord


@dataclass(frozen=True, slots=True)
class WallCall:
    """An unanswered alert; `name` is empty unless names are allowed."""

    kind: str
    priority: PriorityWord
    address: str
    name: str
    started_at_ms: int


@dataclass(frozen=True, slots=True)
class WallDuty:
    """Somebody who is to answer now; `is_here` when logged in, too."""

    name: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class WallView:
    """The state of a centre as its wall screen shows it.

    Attributes
    ----------
    waiting, answered : mapping
        Priority -> open alerts that nobody, or somebody, answers; practice left out.
    practice : int
        Open drills and tests.
    oldest : sequence of WallCall
        The most urgent unanswered ones, the oldest of each first.
    newest : WallCall or None
        The one that called last.
    on_duty : sequence of WallDuty
        Who is on call by the rota, nobody in a gap of it; without a rota who answers alarms here and is logged in.
    """

    waiting: Mapping[str, int]
    answered: Mapping[str, int]
    practice: int
    oldest: Sequence[WallCall]
    newest: WallCall | None
    on_duty: Sequence[WallDuty]
    watches_anybody: bool
