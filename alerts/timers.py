"""What detectors with timers share: time passes in the same steps whether the engine wakes them or data comes."""

from __future__ import annotations

from collections.abc import Iterator

from alerts.detector import Detector, Window
from alerts.finding import Finding
from alerts.trigger import UNUSABLE
from gateway.contract.observation import Quality

_REFUSED = UNUSABLE | int(Quality.DEVICE_POOR)


def caught_up(detector: Detector, t_ms: int) -> list[Finding]:
    """Let everything happen that is due by now, step by step. [ms]."""
    found: list[Finding] = []
    while (due := detector.due_ms()) is not None and due <= t_ms:
        found += detector.tick(due)
    return found


def usable_numbers(window: Window) -> Iterator[tuple[int, float]]:
    """Yield (time, value) of the readings that count: plausible, fresh, and good by the device's own word. [ms]."""
    columns = (window.t_ms.tolist(), window.values[:, 0].tolist(), window.quality.tolist())
    for t, value, quality in zip(*columns, strict=True):
        if not quality & _REFUSED and value == value:  # noqa: PLR0124 - NaN is not itself
            yield t, value
