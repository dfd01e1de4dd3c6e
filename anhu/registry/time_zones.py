"""Time zones of places: a resident lives by the clock of the home, which need not be that of the desk."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from anhu.contract.errors import FieldError

EXPECTED = "an IANA time zone, such as Asia/Shanghai or Europe/Berlin"


def is_time_zone(name: str) -> bool:
    """Tell whether it is the name of a time zone."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not found, no name, a folder
        return False
    return True


def check_time_zone(name: str) -> None:
    """Raise `FieldError` unless it is an IANA name; empty stands for the zone of what is around it."""
    if name and not is_time_zone(name):
        raise FieldError("time_zone", name, EXPECTED)
