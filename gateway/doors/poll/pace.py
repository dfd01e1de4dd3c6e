"""When the next question is put. Never all at once: who begins together would go on together for ever."""

from __future__ import annotations

from collections.abc import Callable

Dice = Callable[[], float]
"""Returns a number of at least 0 and below 1, as `random.random` does."""
_SPREAD = 0.1
_PAUSE_SPREAD = 0.25
_MOST_DOUBLINGS = 16


def first_s(period_s: float, dice: Dice) -> float:
    """Return when to ask for the first time: somewhere in the first period, so that devices come one by one. [s]."""
    return period_s * dice()


def next_s(period_s: float, dice: Dice) -> float:
    """Return when to ask again after a good answer. [s]."""
    return period_s * (1 - _SPREAD + 2 * _SPREAD * dice())


def pause_s(failures: int, first: float, longest: float, asked_for: float, dice: Dice) -> float:
    """Return how long to wait after so many failures in a row, and at least as long as the cloud asks for. [s]."""
    doubled = min(longest, first * 2.0 ** min(failures - 1, _MOST_DOUBLINGS))
    return max(doubled * (1 - _PAUSE_SPREAD * dice()), min(asked_for, longest))
