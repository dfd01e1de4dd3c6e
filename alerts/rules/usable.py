"""Which events and numbers of a window count for a rule."""

from __future__ import annotations

from collections.abc import Iterator

from alerts.rules.detector import Window
from alerts.rules.trigger import UNUSABLE
from anhu.contract.observation import Quality


def usable_events(window: Window) -> Iterator[tuple[int, bool]]:
    """Yield (time, began) of the events that count: a broker's retained copy or a duplicate does not. [ms]."""
    columns = (window.t_ms.tolist(), window.values[:, 0].tolist(), window.quality.tolist())
    for t, value, quality in zip(*columns, strict=True):
        if not quality & UNUSABLE and value in (0.0, 1.0):
            yield t, value == 1.0


_REFUSED = UNUSABLE | int(Quality.DEVICE_POOR)


def usable_numbers(window: Window) -> Iterator[tuple[int, float]]:
    """Yield (time, value) of the readings that count: plausible, fresh, and good by the device's own word. [ms]."""
    columns = (window.t_ms.tolist(), window.values[:, 0].tolist(), window.quality.tolist())
    for t, value, quality in zip(*columns, strict=True):
        if not quality & _REFUSED and value == value:  # noqa: PLR0124 - NaN is not itself
            yield t, value
