"""What detectors with timers share: time passes in the same steps whether the engine wakes them or data comes."""

from __future__ import annotations

from alerts.finding import Finding
from alerts.rules.detector import Detector


def caught_up(detector: Detector, t_ms: int) -> list[Finding]:
    """Let everything happen that is due by now, step by step. [ms]."""
    found: list[Finding] = []
    while (due := detector.due_ms()) is not None and due <= t_ms:
        found += detector.tick(due)
    return found
