"""One line of what is shown of an alarm's past."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One line of an alert's history."""

    at_ms: int
    what: str
    actor: str
    text: str
