"""To whom something may be given: the residents a viewer sees, by name, for the lists that forms offer."""

from __future__ import annotations

from sqlalchemy import select

from anhu.registry.database import reading
from anhu.registry.tables import Resident
from api.dependencies import Dependencies
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_residents

OFFERED = 500


def resident_choices(deps: Dependencies, viewer: Viewer) -> list[tuple[str, str]]:
    """Return identity and name of those who may be chosen, at most 500; others are named by their identity."""
    require(viewer, Permission.READ_HEALTH)
    people = select(Resident.id, Resident.name).where(Resident.active, visible_residents(viewer))
    with reading(deps.sessions)() as session:
        return [(row[0], row[1]) for row in session.execute(people.order_by(Resident.name, Resident.id).limit(OFFERED))]
