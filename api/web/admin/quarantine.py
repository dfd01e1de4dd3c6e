"""Pages of what must not be dropped: devices that nobody registered, measurements that are nobody's yet."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from alerts.engine.calls_of_nobody import NO_SLOT
from api.context import CurrentViewer
from api.schemas.quarantine import Adoption, Assignment
from api.security.roles import Permission, Viewer, require
from api.services import quarantine, unassigned
from api.services.resident_choices import resident_choices
from api.web.admin.forms import REFUSALS, Fields, Form, checked, refused
from api.web.site import Site

_Done = Annotated[str, Query(max_length=16)]


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add both lists, and what is done from them."""
    _add_quarantine(pages, site)
    _add_unassigned(pages, site)


def _add_quarantine(pages: APIRouter, site: Site) -> None:
    @pages.get("/admin/quarantine")
    def show_quarantine(request: Request, viewer: CurrentViewer, done: _Done = "") -> Response:
        return _quarantine_page(site, request, viewer, done=done)

    @pages.post("/admin/quarantine/{stranger_id}/adopt")
    def adopt(request: Request, viewer: CurrentViewer, stranger_id: str, fields: Fields) -> Response:
        require(viewer, Permission.MANAGE_PRODUCTS)
        try:
            facts = {name: fields[name] for name in ("codec", "resident_id", "room") if fields.get(name)}
            quarantine.adopt_stranger(site.deps, viewer, stranger_id, Adoption.model_validate(facts))
        except REFUSALS as error:
            form = refused(fields, error, site.wording(request))
            return _quarantine_page(site, request, viewer, form=form, wrong=stranger_id, status=422)
        return RedirectResponse("/admin/quarantine?done=adopted", status_code=303)

    @pages.post("/admin/quarantine/{stranger_id}/forget")
    def forget(viewer: CurrentViewer, stranger_id: str) -> Response:
        quarantine.forget_stranger(site.deps, viewer, stranger_id)
        return RedirectResponse("/admin/quarantine?done=forgotten", status_code=303)


def _add_unassigned(pages: APIRouter, site: Site) -> None:
    @pages.get("/admin/unassigned")
    def show_unassigned(request: Request, viewer: CurrentViewer, done: _Done = "") -> Response:
        return _unassigned_page(site, request, viewer, done=done)

    @pages.post("/admin/unassigned/{reading_id}/assign")
    def assign(request: Request, viewer: CurrentViewer, reading_id: str, fields: Fields) -> Response:
        require(viewer, Permission.RESPOND)
        try:
            given = {"resident_id": fields.get("resident_id", ""), "from_now_on": checked(fields, "from_now_on")}
            unassigned.assign_reading(site.deps, viewer, reading_id, Assignment.model_validate(given))
        except REFUSALS as error:
            form = refused(fields, error, site.wording(request))
            return _unassigned_page(site, request, viewer, form=form, wrong=reading_id, status=422)
        return RedirectResponse("/admin/unassigned?done=assigned", status_code=303)

    @pages.post("/admin/unassigned/{reading_id}/dismiss")
    def dismiss(viewer: CurrentViewer, reading_id: str, fields: Fields) -> Response:
        unassigned.dismiss_reading(site.deps, viewer, reading_id, from_now_on=checked(fields, "from_now_on"))
        return RedirectResponse("/admin/unassigned?done=dismissed", status_code=303)


def _quarantine_page(
    site: Site,
    request: Request,
    viewer: Viewer,
    *,
    form: Form | None = None,
    wrong: str = "",
    done: str = "",
    status: int = 200,
) -> Response:
    found = quarantine.list_quarantine(site.deps, viewer)
    is_admin = viewer.may(Permission.ADMINISTER)
    return site.page(
        request,
        "admin_quarantine.html",
        status=status,
        found=found,
        form=form or Form(),
        wrong=wrong,
        done=done,
        codecs=sorted(site.deps.codecs),
        residents=resident_choices(site.deps, viewer) if is_admin else [],
        is_admin=is_admin,
    )


def _unassigned_page(
    site: Site,
    request: Request,
    viewer: Viewer,
    *,
    form: Form | None = None,
    wrong: str = "",
    done: str = "",
    status: int = 200,
) -> Response:
    return site.page(
        request,
        "admin_unassigned.html",
        status=status,
        found=unassigned.list_unassigned(site.deps, viewer),
        form=form or Form(),
        wrong=wrong,
        done=done,
        residents=resident_choices(site.deps, viewer),
        no_slot=NO_SLOT,
    )
