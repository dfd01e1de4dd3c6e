"""The list of residents: who, whether something is open, when they were last heard of."""

from __future__ import annotations

from dataclasses import dataclass

from api.dependencies import Dependencies
from api.schemas.desk import PersonView
from api.security.roles import Viewer
from api.services.desk import open_by_resident
from api.services.people import find_people
from api.web.wording import priority_name
from ingest.store.port import StoreUnavailableError

_PAGE = 60


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One resident of the list; `last_ms` is 0 when nothing was ever heard. [ms]."""

    id: str
    name: str
    person: PersonView
    open_alerts: int
    worst: str
    last_ms: int


@dataclass(frozen=True, slots=True)
class People:
    """A page of the list."""

    rows: tuple[PersonRow, ...]
    total: int
    search: str
    started: bool
    next_cursor: str


def list_people(deps: Dependencies, viewer: Viewer, *, search: str, cursor: str) -> People:
    """Return a page of the residents whose name, address or identity holds the search."""
    found, total, next_cursor = find_people(deps, viewer, search=search, cursor=cursor, limit=_PAGE)
    ids = [person.resident_id for person in found]
    open_alerts = open_by_resident(deps, viewer, ids)
    try:
        latest = deps.store.latest(ids) if ids else {}
    except StoreUnavailableError:
        latest = {}
    rows = []
    for person in found:
        count, worst = open_alerts.get(person.resident_id, (0, 0))
        times = [point.observed_at_ms for point in latest.get(person.resident_id, {}).values()]
        rows.append(
            PersonRow(person.resident_id, person.name, person, count, priority_name(worst), max(times, default=0))
        )
    return People(tuple(rows), total, search, started=bool(cursor), next_cursor=next_cursor)
