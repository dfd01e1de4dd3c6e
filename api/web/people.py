"""The list of residents: who, whether something is open, when they were last heard of."""

from __future__ import annotations

from dataclasses import dataclass

from api.dependencies import Dependencies
from api.schemas.people import PersonView
from api.security.roles import Viewer
from api.services.counting import Counted
from api.services.finding_people import Sort
from api.services.people import Found, OpenCount, find_people
from api.web.wording import priority_name

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
    total: Counted
    search: str
    sort: str
    started: bool
    next_cursor: str


def list_people(deps: Dependencies, viewer: Viewer, *, search: str, cursor: str, sort: Sort) -> People:
    """Return a page of the residents whose name, sound, address, identity or phone holds the search."""
    found = find_people(deps, viewer, search=search, cursor=cursor, limit=_PAGE, sort=sort)
    rows = tuple(_row(person, found) for person in found.people)
    return People(rows, found.total, search, sort.value, started=bool(cursor), next_cursor=found.next_cursor)


def _row(person: PersonView, found: Found) -> PersonRow:
    is_open = found.open_alerts.get(person.resident_id, OpenCount())
    return PersonRow(
        id=person.resident_id,
        name=person.name,
        person=person,
        open_alerts=is_open.number,
        worst=priority_name(is_open.highest),
        last_ms=found.last_heard_ms.get(person.resident_id, 0),
    )
