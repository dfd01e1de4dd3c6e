"""Times as a nurse says them: "Sunday 2026-11-22 03:10", "45 min"."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS

_UNITS_MS = {"s": SECOND_MS, "min": MINUTE_MS, "h": HOUR_MS, "day": DAY_MS, "days": DAY_MS}
_SPAN = re.compile(r"(\d+) ?(s|min|h|days?)")


def moment_ms(text: str, zone: str) -> int:
    """Return a moment of a town's wall clock; a weekday in front must be the right one. [ms]."""
    weekday, _, plain = text.rpartition(" 20")
    local = datetime.strptime(f"20{plain}", "%Y-%m-%d %H:%M").replace(tzinfo=ZoneInfo(zone))
    if weekday and local.strftime("%A") != weekday:
        raise ValueError(f"{text} is a {local:%A}")
    return int(local.timestamp() * SECOND_MS)


def span_ms(text: str) -> int:
    """Return how long "5 min", "1 h", "30 s", "2 days" or "1 h 30 min" is. [ms]."""
    parts = _SPAN.findall(text)
    if " ".join(f"{number} {unit}" for number, unit in parts) != text:
        raise ValueError(f"{text!r} is no time that we know")
    return sum(int(number) * _UNITS_MS[unit] for number, unit in parts)


def shown(at_ms: int, zone: str) -> str:
    """Return a moment as the town's clock shows it."""
    return f"{datetime.fromtimestamp(at_ms / SECOND_MS, UTC).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S}"
