"""What a stage is: one question that is asked of every finding between the detectors and whoever is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from alerts.engine.resident_finding import ResidentFinding


class Stage(Protocol):
    """One stage; the engine's line-up says in which order they come."""

    @property
    def due_ms(self) -> int | None:
        """When `pass_on` is next wanted though nothing was found; None when never. [ms]."""

    def pass_on(self, found: Sequence[ResidentFinding], now_ms: int) -> list[ResidentFinding]:
        """Return what goes on of what was found: as it is, changed, held back, or with something added. [ms]."""
