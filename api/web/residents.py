"""Residents: the list, one resident's page, the family's page, and the numbers of the charts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from anhu.registry.roles import Role
from api.context import CurrentViewer
from api.errors import NotFoundError
from api.security.roles import Permission
from api.services.finding_people import Sort
from api.services.gaps import list_gaps
from api.web.family_page import read_family_page
from api.web.people import list_people
from api.web.resident_page import resident_response
from api.web.site import Site
from api.web.trend import SPANS, trend_chart

At = Annotated[int, Query(ge=0, le=4_102_444_800_000, description="Around this moment; 0: up to now. [ms]")]


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the pages about residents."""
    deps = site.deps

    @pages.get("/residents")
    def show_list(
        request: Request,
        viewer: CurrentViewer,
        q: Annotated[str, Query(max_length=100)] = "",
        cursor: Annotated[str, Query(max_length=300)] = "",
        sort: Sort = Sort.STATE,
    ) -> Response:
        people = list_people(deps, viewer, search=q.strip(), cursor=cursor, sort=sort)
        if viewer.role is Role.FAMILY and len(people.rows) == 1 and not people.search:
            return RedirectResponse(f"/residents/{people.rows[0].id}", status_code=303)
        language = site.wording(request).language
        is_asked = viewer.may(Permission.ADMINISTER) and not people.search
        missing = list_gaps(deps, viewer, language) if is_asked else None
        return site.page(request, "residents.html", people=people, missing=missing)

    @pages.get("/residents/{resident_id}")
    def show_resident(
        request: Request,
        viewer: CurrentViewer,
        resident_id: str,
        *,
        span: Annotated[str, Query(alias="range")] = "24h",
        done: Annotated[str, Query(max_length=16)] = "",
        at: At = 0,
    ) -> Response:
        wording = site.wording(request)
        if not viewer.may(Permission.RESPOND):
            family = read_family_page(deps, viewer, resident_id, wording)
            return site.page(request, "family.html", zone=family.zone, family=family, person=family.person)
        chosen = span if span in SPANS else "24h"
        return resident_response(site, request, viewer, resident_id, chosen, done=done, at_ms=at)

    _add_chart(pages, site)


def _add_chart(pages: APIRouter, site: Site) -> None:
    @pages.get("/residents/{resident_id}/chart.json")
    def show_chart(
        request: Request,
        viewer: CurrentViewer,
        resident_id: str,
        quantity: str,
        *,
        span: Annotated[str, Query(alias="range")] = "24h",
        at: At = 0,
    ) -> Response:
        if span not in SPANS:
            raise NotFoundError(f"no chart over {span!r}")
        wording = site.wording(request)
        chosen = SPANS[span]
        return JSONResponse(trend_chart(site.deps, viewer, resident_id, wording, name=quantity, span=chosen, at_ms=at))
