"""A register of strangers in memory."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.stranger import Held, PassedBy


class MemoryStrangers:
    """Keeps what it is given; `error`, when set, is raised instead, and `full` leaves no room."""

    def __init__(self) -> None:
        self.held: list[Held] = []
        self.passed: list[PassedBy] = []
        self.error: Exception | None = None
        self.full = False

    def write(self, held: Sequence[Held], passed: Sequence[PassedBy]) -> Sequence[bool]:
        if self.error is not None:
            raise self.error
        self.passed += passed
        if self.full:
            return [False] * len(held)
        self.held += held
        return [True] * len(held)

    def tidy(self, now_ms: int) -> None: ...
