"""Times that move: after the platform's clock was set back, whoever remembers a time moves it along."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T", int, float, int | None, float | None)
K = TypeVar("K")


def shifted(t_ms: T, by_ms: int) -> T:
    """Return a time as if it had been at another time; None, 0 and what stands for "never" stay as they are. [ms]."""
    return t_ms + by_ms if t_ms is not None and t_ms > 0 else t_ms


def all_shifted(times_ms: Mapping[K, int], by_ms: int) -> dict[K, int]:
    """Return times by whatever they belong to, as if they had been at another time. [ms]."""
    return {key: shifted(t_ms, by_ms) for key, t_ms in times_ms.items()}
