"""What a stage is: one question that is asked of every finding between the detectors and whoever is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from alerts.engine.resident_finding import ResidentFinding


class Stage(Protocol):
    """One stage; the engine's line-up says in which order they come."""

    @property
    def due_ms(self) -> int | None:
        """When `pass_on` is next wanted though nothing was found; None when never. [ms]."""

    def pass_on(self, found: Sequence[ResidentFinding], now_ms: int) -> list[ResidentFinding]:
        """Return what goes on of what was found: as it is, changed, held back, or with something added. [ms]."""


class RememberingStage(Stage, Protocol):
    """A stage whose answer depends on what came before."""

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state as plain values."""

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state that `snapshot` returned."""
