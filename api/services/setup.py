"""How far an installation is set up: how many there are of everything."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement, func, literal, select

from anhu.registry.database import reading
from anhu.registry.tables import Base, Centre, Contact, Device, Organisation, Resident, Team, User
from api.dependencies import Dependencies
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_devices, visible_residents


def count_rows(deps: Dependencies, viewer: Viewer) -> Mapping[str, int]:
    """Return how many of everything are in use."""
    require(viewer, Permission.ADMINISTER)
    everything: Mapping[str, tuple[type[Base], ColumnElement[bool]]] = {
        "organisations": (Organisation, literal(value=True)),
        "centres": (Centre, literal(value=True)),
        "teams": (Team, literal(value=True)),
        "users": (User, User.enabled.is_(True)),
        "residents": (Resident, Resident.active.is_(True) & visible_residents(viewer)),
        "devices": (Device, Device.enabled.is_(True) & visible_devices(viewer)),
        "contacts": (Contact, Contact.enabled.is_(True)),
    }
    with reading(deps.sessions)() as session:
        return {
            name: session.scalar(select(func.count()).select_from(table).where(condition)) or 0
            for name, (table, condition) in everything.items()
        }
