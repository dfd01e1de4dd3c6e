"""Organisations, centres and family-doctor teams: the list, one of them with its members, making, changing, closing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from api.context import CurrentViewer
from api.errors import NotFoundError
from api.schemas.base import Input
from api.schemas.organisations import (
    CentreChange,
    NewCentre,
    NewOrganisation,
    NewTeam,
    OrganisationChange,
    TeamChange,
)
from api.security.roles import Permission, Viewer, require
from api.services import contacts, organisations, users
from api.services.organisations import PlaceView
from api.web.admin.choices import choices
from api.web.admin.forms import REFUSALS, Fields, Form, refused
from api.web.site import Site

_MEMBERS = 200


class _Kind(NamedTuple):
    """How one kind of place is listed, made and changed."""

    fields: tuple[str, ...]
    new: type[Input]
    change: type[Input]
    make: Callable[..., PlaceView]
    alter: Callable[..., PlaceView]


_KINDS: dict[str, _Kind] = {
    "organisation": _Kind(
        ("name", "region_code"),
        NewOrganisation,
        OrganisationChange,
        organisations.create_organisation,
        organisations.change_organisation,
    ),
    "centre": _Kind(
        ("name", "region_code", "phone", "time_zone", "organisation_id"),
        NewCentre,
        CentreChange,
        organisations.create_centre,
        organisations.change_centre,
    ),
    "team": _Kind(
        ("name", "region_code", "code", "centre_id", "organisation_id"),
        NewTeam,
        TeamChange,
        organisations.create_team,
        organisations.change_team,
    ),
}
_OF_ADMINISTRATORS = {"centre_id", "organisation_id"}


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the pages of places."""

    @pages.get("/admin/places")
    def show_places(
        request: Request, viewer: CurrentViewer, done: Annotated[str, Query(max_length=16)] = ""
    ) -> Response:
        require(viewer, Permission.MANAGE_PEOPLE)
        found = {kind: organisations.managed_places(site.deps, viewer, kind) for kind in _KINDS}
        names = {one.id: one.name for rows in found.values() for one in rows}
        return site.page(
            request,
            "admin_places.html",
            found=found,
            names=names,
            done=done,
            is_admin=viewer.may(Permission.ADMINISTER),
        )

    for kind in _KINDS:
        _add_new(pages, site, kind)
        _add_one(pages, site, kind)
        for step in ("close", "reopen"):
            _add_step(pages, site, kind, step)


def _add_new(pages: APIRouter, site: Site, kind: str) -> None:
    @pages.get(f"/admin/places/{kind}/new")
    def show_new(request: Request, viewer: CurrentViewer) -> Response:
        require(viewer, Permission.ADMINISTER)
        return _new_page(site, request, viewer, kind, Form())

    @pages.post(f"/admin/places/{kind}")
    def make_place(request: Request, viewer: CurrentViewer, fields: Fields) -> Response:
        require(viewer, Permission.ADMINISTER)
        area = _KINDS[kind]
        try:
            given = area.new.model_validate({name: fields.get(name, "") for name in area.fields})
            made = area.make(site.deps, viewer, given)
        except REFUSALS as error:
            form = refused(fields, error, site.wording(request))
            return _new_page(site, request, viewer, kind, form, status=422)
        return RedirectResponse(f"/admin/places/{kind}/{made.id}?done=saved", status_code=303)


def _add_one(pages: APIRouter, site: Site, kind: str) -> None:
    path = f"/admin/places/{kind}/{{place_id}}"

    @pages.get(path)
    def show_place(
        request: Request, viewer: CurrentViewer, place_id: str, done: Annotated[str, Query(max_length=16)] = ""
    ) -> Response:
        return _place_page(site, request, viewer, kind, place_id, done=done)

    @pages.post(path)
    def change_place(request: Request, viewer: CurrentViewer, place_id: str, fields: Fields) -> Response:
        area = _KINDS[kind]
        _one(site, viewer, kind, place_id)
        barred = set() if viewer.may(Permission.ADMINISTER) else _OF_ADMINISTRATORS
        facts = {name: fields[name] for name in area.fields if name in fields and name not in barred}
        try:
            area.alter(site.deps, viewer, place_id, area.change.model_validate(facts))
        except REFUSALS as error:
            form = refused(fields, error, site.wording(request))
            return _place_page(site, request, viewer, kind, place_id, form=form, status=422)
        return RedirectResponse(f"{path.format(place_id=place_id)}?done=saved", status_code=303)


def _add_step(pages: APIRouter, site: Site, kind: str, step: str) -> None:
    act = organisations.close_place if step == "close" else organisations.reopen_place

    @pages.post(f"/admin/places/{kind}/{{place_id}}/{step}")
    def close_or_open(request: Request, viewer: CurrentViewer, place_id: str) -> Response:
        require(viewer, Permission.ADMINISTER)
        _one(site, viewer, kind, place_id)
        try:
            act(site.deps, viewer, kind, place_id)
        except REFUSALS as error:
            form = refused({}, error, site.wording(request))
            return _place_page(site, request, viewer, kind, place_id, form=form, status=409)
        return RedirectResponse(f"/admin/places/{kind}/{place_id}?done=saved", status_code=303)


def _one(site: Site, viewer: Viewer, kind: str, place_id: str) -> Any:  # noqa: ANN401 - one of three views
    found = [one for one in organisations.managed_places(site.deps, viewer, kind) if one.id == place_id]
    if not found:
        raise NotFoundError(f"no {kind} {place_id!r}")
    return found[0]


def _new_page(site: Site, request: Request, viewer: Viewer, kind: str, form: Form, *, status: int = 200) -> Response:
    return site.page(
        request,
        "admin_place.html",
        status=status,
        kind=kind,
        place=None,
        form=form,
        fields=_KINDS[kind].fields,
        choices=choices(site.deps, viewer, site.wording(request)),
    )


def _place_page(
    site: Site,
    request: Request,
    viewer: Viewer,
    kind: str,
    place_id: str,
    *,
    form: Form | None = None,
    done: str = "",
    status: int = 200,
) -> Response:
    place = _one(site, viewer, kind, place_id)
    area = _KINDS[kind]
    stands = {name: getattr(place, name) for name in area.fields}
    typed = form if form is not None and form.values else Form(stands, form.errors if form else {})
    owned = kind != "organisation"
    wanted = users.UserFilter(centre_id=place_id) if kind == "centre" else users.UserFilter(team_id=place_id)
    return site.page(
        request,
        "admin_place.html",
        status=status,
        kind=kind,
        place=place,
        form=typed,
        done=done,
        fields=area.fields,
        members=users.list_users(site.deps, viewer, wanted=wanted, limit=_MEMBERS).items if owned else [],
        contacts=contacts.list_contacts(site.deps, viewer, owner_kind=kind, owner_id=place_id) if owned else [],
        choices=choices(site.deps, viewer, site.wording(request)),
    )
