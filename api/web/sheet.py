"""The emergency sheet: one page for the ambulance crew, on paper and, by a link, on their phone without a login."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query, Request, Response

from anhu.contract.clock import DAY_MS
from api.context import CurrentViewer
from api.dependencies import Dependencies
from api.errors import ForbiddenError, NotFoundError
from api.schemas.alerts import AlertView
from api.schemas.observations import EventView
from api.schemas.people import PersonView
from api.schemas.residents import ResidentView
from api.schemas.sheet import CareFactsView, ComingView, MedicineView, SheetLinkView
from api.security.roles import Permission, Viewer, require
from api.services import alerts, care_facts, coming, limits, people, residents, sheet_links
from api.services.observations import events_of, latest_of
from api.visit import ResidentVisit, visit_resident
from api.web.latest import Tile, tiles
from api.web.marks import Marks
from api.web.resident_page import marks_of
from api.web.site import Site
from api.web.wording import Wording
from ingest.store.port import Range, StoreUnavailableError

VITALS = (
    "systolic_pressure",
    "diastolic_pressure",
    "heart_rate",
    "pulse_rate",
    "spo2",
    "respiration_rate",
    "body_temperature",
    "glucose",
)
"""What an ambulance crew asks for first."""
_OPEN_SHOWN = 4
_MEDICINES_WIDTH, _OTHERS_WIDTH, _ACCESS_WIDTH = 860, 420, 420
"""So much of one list has room on the page, a Chinese character counted as two; what is left out is said."""
_PHONES = 6
_COMING = 5


class Fitting(NamedTuple):
    """As many texts as have room, and how many have none."""

    shown: Sequence[str]
    more: int


class Spot(NamedTuple):
    """Where a device last said that it is. [deg, ms]."""

    latitude_deg: float
    longitude_deg: float
    at_ms: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the template draws.

    Attributes
    ----------
    spot : Spot or None
        Only of the last day; older says nothing about now.
    store_down : bool
        What was measured cannot be read.
    """

    resident: ResidentView
    person: PersonView
    alerts: Sequence[AlertView]
    facts: CareFactsView
    conditions: Fitting
    allergies: Fitting
    medicines: Sequence[MedicineView]
    more_medicines: int
    coming: Sequence[ComingView]
    phones: Fitting
    vitals: Sequence[Tile]
    spot: Spot | None
    store_down: bool
    links: Sequence[SheetLinkView]
    alert_id: str
    zone: str


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the sheet for those who are logged in, and for a crew with a link."""

    @pages.get("/residents/{resident_id}/sheet")
    def show_sheet(
        request: Request,
        viewer: CurrentViewer,
        resident_id: str,
        alert: Annotated[str, Query(max_length=64)] = "",
    ) -> Response:
        require(viewer, Permission.RESPOND)
        sheet = read_sheet(site.deps, viewer, resident_id, site.wording(request), alert_id=alert)
        return site.page(request, "sheet.html", zone=sheet.zone, sheet=sheet, link=None)

    @pages.get("/s/{secret}")
    def show_by_link(request: Request, secret: str) -> Response:
        wording = site.wording(request)
        address = request.client.host if request.client else ""
        try:
            viewer, link = sheet_links.open_link(site.deps, secret[:64], address=address)
        except (ForbiddenError, NotFoundError):
            return site.page(request, "sheet_ended.html", status=404)
        sheet = read_sheet(site.deps, viewer, link.resident_id, wording, alert_id=link.alert_id)
        request.state.viewer = None  # who opens a link is nobody, whoever is logged in
        return site.page(request, "sheet.html", zone=sheet.zone, sheet=sheet, link=link)


def read_sheet(deps: Dependencies, viewer: Viewer, resident_id: str, wording: Wording, *, alert_id: str = "") -> Sheet:
    """Gather the sheet; a store that cannot answer leaves the measurements out and says so."""
    with visit_resident(deps, viewer, resident_id, "sheet.read") as visit:
        resident = residents.resident_of(visit)
        person = people.person_of(visit)
        is_open = alerts.alerts_of(visit, since_ms=0, is_open=True, limit=50)
        named = [one for one in alerts.alerts_of(visit, since_ms=0, limit=50) if one.id == alert_id]
        facts = care_facts.care_facts_of(visit)
        comes = coming.coming_of(visit)
        own_limits = limits.limits_of(visit)
        links = sheet_links.links_of(visit)
        zone = residents.zone_of(visit)
    wording = wording.at(zone)
    vitals, spot, store_down = _measured(visit, wording, marks=marks_of(own_limits, person))
    others = [one for one in is_open if one.id != alert_id and one.priority in ("high", "medium")]
    medicines, more = _fitting_medicines(facts.medicines)
    phones = [f"{one.name} {one.number}" for one in person.phones]
    return Sheet(
        resident=resident.model_copy(update={"access_note": _cut(resident.access_note, _ACCESS_WIDTH)}),
        person=person.model_copy(update={"phones": person.phones[:_PHONES]}),
        alerts=[*named, *others][:_OPEN_SHOWN],
        facts=facts,
        conditions=_fitting(facts.conditions, _OTHERS_WIDTH),
        allergies=_fitting(facts.allergies, _OTHERS_WIDTH),
        medicines=medicines,
        more_medicines=more,
        coming=comes[:_COMING],
        phones=Fitting(phones[:_PHONES], max(0, len(phones) - _PHONES)),
        vitals=vitals,
        spot=spot,
        store_down=store_down,
        links=links,
        alert_id=alert_id,
        zone=zone,
    )


def _measured(visit: ResidentVisit, wording: Wording, *, marks: Marks) -> tuple[Sequence[Tile], Spot | None, bool]:
    within = Range(wording.now_ms - DAY_MS, wording.now_ms + 1)
    try:
        latest = [one for one in latest_of(visit) if one.quantity in VITALS]
        places = [event for event in events_of(visit, within=within, limit=500) if event.kind == "position"]
    except StoreUnavailableError:
        return (), None, True
    return tiles(latest, marks, wording), _spot(places), False


def _spot(places: Sequence[EventView]) -> Spot | None:
    for event in reversed(places):
        latitude, longitude = event.attributes.get("latitude_deg"), event.attributes.get("longitude_deg")
        doubtful = bool(event.attributes.get("doubtful"))
        if isinstance(latitude, float) and isinstance(longitude, float) and not doubtful:
            return Spot(latitude, longitude, event.observed_at_ms)
    return None


def _fitting(texts: Sequence[str], room: int) -> Fitting:
    shown = texts[: _count(map(_width, texts), room)]
    return Fitting(shown, len(texts) - len(shown))


def _fitting_medicines(medicines: Sequence[MedicineView]) -> tuple[Sequence[MedicineView], int]:
    shown = medicines[: _count((_width(f"{one.name} {one.dose} ") for one in medicines), _MEDICINES_WIDTH)]
    return shown, len(medicines) - len(shown)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def _cut(text: str, room: int) -> str:
    """Return a text as far as it has room, and a sign that it goes on."""
    width = 0
    for place, one in enumerate(text):
        width += _width(one)
        if width > room:
            return f"{text[:place]}…"
    return text


def _count(widths: Iterable[int], room: int) -> int:
    """Return how many texts of these widths have room, each with what stands between."""
    count = 0
    for width in widths:
        room -= width + 2
        if room < 0:
            break
        count += 1
    return count
