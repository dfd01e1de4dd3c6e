"""Residents as those see them who look after the records: the list, somebody new, one record."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from api.context import CurrentViewer
from api.schemas.residents import NewResident, ResidentChange
from api.security.roles import Permission, require
from api.services import residents
from api.services.finding_people import Sort
from api.web.admin.record_form import REFUSALS, Typed, facts_of, mistakes_of, one, status_of
from api.web.admin.record_page import Shown, form_page, record_page
from api.web.people import list_people
from api.web.site import Site

_PAGE = 60
Word = Annotated[str, Query(max_length=16)]


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the list, the form for somebody new, the record."""
    _add_list(pages, site)
    _add_new(pages, site)

    @pages.get("/admin/residents/{resident_id}")
    def show_record(request: Request, viewer: CurrentViewer, resident_id: str, done: Word = "") -> Response:
        return record_page(site, request, viewer, resident_id, Shown(done=done))

    @pages.post("/admin/residents/{resident_id}")
    def change_record(request: Request, viewer: CurrentViewer, resident_id: str, typed: Typed) -> Response:
        require(viewer, Permission.MANAGE_PEOPLE)
        require(viewer, Permission.READ_HEALTH)  # what is refused is shown with the record
        try:
            given = ResidentChange.model_validate({**facts_of(typed), "revision": one(typed, "revision") or None})
            residents.change_resident(site.deps, viewer, resident_id, given)
        except REFUSALS as error:
            mistakes = mistakes_of(error, site.wording(request))
            shown = Shown(typed, mistakes, "record", status=status_of(error))
            return record_page(site, request, viewer, resident_id, shown)
        return RedirectResponse(f"/admin/residents/{resident_id}?done=saved", status_code=303)


def _add_list(pages: APIRouter, site: Site) -> None:
    @pages.get("/admin/residents")
    def show_list(
        request: Request,
        viewer: CurrentViewer,
        *,
        q: Annotated[str, Query(max_length=100)] = "",
        ended: bool = False,
        cursor: Annotated[str, Query(max_length=300)] = "",
    ) -> Response:
        require(viewer, Permission.MANAGE_PEOPLE)
        search = q.strip()
        if ended:
            found = residents.list_residents(site.deps, viewer, name=search, active=False, cursor=cursor, limit=_PAGE)
            rows = [(one.id, one.name, one.address, one.centre_name) for one in found.items]
            total, following = None, found.next_cursor or ""
        else:
            people = list_people(site.deps, viewer, search=search, cursor=cursor, sort=Sort.NAME)
            rows = [(one.id, one.name, one.person.bed or one.person.address, "") for one in people.rows]
            total, following = people.total, people.next_cursor
        values: dict[str, Any] = {"rows": rows, "total": total, "next_cursor": following, "started": bool(cursor)}
        return site.page(request, "admin_residents.html", search=search, ended=ended, **values)


def _add_new(pages: APIRouter, site: Site) -> None:
    @pages.get("/admin/residents/new")
    def show_new(request: Request, viewer: CurrentViewer) -> Response:
        require(viewer, Permission.MANAGE_PEOPLE)
        return form_page(site, request, viewer, Shown())

    @pages.post("/admin/residents/new")
    def make(request: Request, viewer: CurrentViewer, typed: Typed) -> Response:
        require(viewer, Permission.MANAGE_PEOPLE)
        try:
            made = residents.create_resident(site.deps, viewer, NewResident.model_validate(facts_of(typed)))
        except REFUSALS as error:
            mistakes = mistakes_of(error, site.wording(request))
            return form_page(site, request, viewer, Shown(typed, mistakes, status=status_of(error)))
        return RedirectResponse(f"/admin/residents/{made.id}?done=created", status_code=303)
