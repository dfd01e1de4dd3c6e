"""How long a device that works stays without a word."""

from __future__ import annotations

SHORTEST_S = 600.0
_MISSED_REPORTS = 3
_ON_EVENTS_ONLY_S = 26 * 3_600.0


def silent_after_s(report_period_s: float) -> float:
    """Return after how long without a word a device is silent: three periods, or 26 hours without a period. [s]."""
    return max(_MISSED_REPORTS * report_period_s, SHORTEST_S) if report_period_s > 0 else _ON_EVENTS_ONLY_S
