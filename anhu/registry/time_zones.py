"""Time zones of places: a resident lives by the clock of the home, which need not be that of the desk."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError
from anhu.registry.tables import Centre, Resident

EXPECTED = "an IANA time zone, such as Asia/Shanghai or Europe/Berlin"

HOME_ZONE = func.coalesce(func.nullif(Resident.time_zone, ""), Centre.time_zone)
"""A resident's own zone, else that of the centre, which must be joined; empty or null for the installation's."""


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


def zone_of_resident(session: Session, resident_id: str) -> str:
    """Return the time zone of a resident's home, or else of the centre; empty for the installation's."""
    found = select(HOME_ZONE).select_from(Resident).outerjoin(Centre, Centre.id == Resident.centre_id)
    return session.scalar(found.where(Resident.id == resident_id)) or ""
