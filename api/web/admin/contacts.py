"""Contacts of centres, teams, users and residents: a form a channel, a test, the last result, on and off."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from api.context import CurrentViewer
from api.errors import NotFoundError
from api.schemas.contacts import ContactChange, ContactView, NewContact
from api.security.roles import Permission, Viewer, require
from api.services import contact_owners, contacts
from api.web.admin.choices import choices
from api.web.admin.forms import REFUSALS, Fields, Form, Typed, refused
from api.web.site import Site

_CHANGEABLE = ("min_priority", "language", "quiet_from", "quiet_until")
_FACTS = ("channel", "address", "secret", *_CHANGEABLE)
_STEPS = ("test", "enable", "disable", "change", "up", "down", "remove")
_LONGEST_WHY = 200


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the pages of contacts."""
    _add_list(pages, site)
    _add_one(pages, site)


def _add_list(pages: APIRouter, site: Site) -> None:
    @pages.get("/admin/contacts")
    def show_contacts(
        request: Request,
        viewer: CurrentViewer,
        owner: Annotated[str, Query(max_length=100)] = "",
        done: Annotated[str, Query(max_length=16)] = "",
    ) -> Response:
        return _list_page(site, request, viewer, owner, Form(), done=done)

    @pages.post("/admin/contacts")
    def make_contact(request: Request, viewer: CurrentViewer, fields: Fields) -> Response:
        require(viewer, Permission.MANAGE_PEOPLE)
        owner = fields.get("owner", "")
        kind, _, owner_id = owner.partition(":")
        contact_owners.name_of_owner(site.deps, viewer, kind, owner_id)
        try:
            facts = {name: fields[name] for name in _FACTS if name in fields}
            given = NewContact.model_validate({**facts, "owner_kind": kind, "owner_id": owner_id})
            made = contacts.create_contact(site.deps, viewer, given)
        except REFUSALS as error:
            form = refused(fields, error, site.wording(request))
            return _list_page(site, request, viewer, owner, form, status=422)
        if made.secret:
            return site.page(request, "admin_secret.html", made=made, back=f"/admin/contacts/{made.id}")
        return RedirectResponse(f"/admin/contacts/{made.id}?done=saved", status_code=303)


def _add_one(pages: APIRouter, site: Site) -> None:
    @pages.get("/admin/contacts/{contact_id}")
    def show_contact(
        request: Request, viewer: CurrentViewer, contact_id: str, done: Annotated[str, Query(max_length=16)] = ""
    ) -> Response:
        return _contact_page(site, request, viewer, contact_id, done=done)

    for step in _STEPS:
        _add_step(pages, site, step)


def _add_step(pages: APIRouter, site: Site, step: str) -> None:
    @pages.post(f"/admin/contacts/{{contact_id}}/{step}")
    def take_step(request: Request, viewer: CurrentViewer, contact_id: str, fields: Fields) -> Response:
        contact = _one(site, viewer, contact_id)
        try:
            _take(site, viewer, contact_id, step, fields)
        except REFUSALS as error:
            form = refused(fields, error, site.wording(request))
            return _contact_page(site, request, viewer, contact_id, form=form, status=409)
        if step in {"up", "down", "remove"}:
            owner = f"{contact.owner_kind}:{contact.owner_id}"
            return RedirectResponse(f"/admin/contacts?owner={owner}&done=saved", status_code=303)
        told = "tested" if step == "test" else "saved"
        return RedirectResponse(f"/admin/contacts/{contact_id}?done={told}", status_code=303)


def _take(site: Site, viewer: Viewer, contact_id: str, step: str, fields: Typed) -> None:
    deps = site.deps
    if step == "test":
        contacts.try_contact(deps, viewer, contact_id)
    elif step in {"enable", "disable"}:
        why = fields.get("why", "")[:_LONGEST_WHY]
        contacts.set_contact_enabled(deps, viewer, contact_id, enabled=step == "enable", why=why)
    elif step == "change":
        facts = {name: fields[name] for name in _CHANGEABLE if name in fields}
        contacts.change_contact(deps, viewer, contact_id, ContactChange.model_validate(facts))
    elif step == "remove":
        contacts.remove_contact(deps, viewer, contact_id)
    else:
        contacts.move_contact(deps, viewer, contact_id, up=step == "up")


def _one(site: Site, viewer: Viewer, contact_id: str) -> ContactView:
    found = contacts.list_contacts(site.deps, viewer, contact_id=contact_id)
    if not found:
        raise NotFoundError(f"no contact {contact_id!r}")
    return found[0]


def _list_page(
    site: Site, request: Request, viewer: Viewer, owner: str, form: Form, *, done: str = "", status: int = 200
) -> Response:
    require(viewer, Permission.MANAGE_PEOPLE)
    kind, _, owner_id = owner.partition(":")
    name = contact_owners.name_of_owner(site.deps, viewer, kind, owner_id) if owner else ""
    wording = site.wording(request)
    return site.page(
        request,
        "admin_contacts.html",
        status=status,
        owner=owner,
        owner_kind=kind,
        owner_id=owner_id,
        owner_name=name,
        found=contacts.list_contacts(site.deps, viewer, owner_kind=kind, owner_id=owner_id),
        channels=contacts.list_channels(site.deps, viewer),
        form=form,
        done=done,
        choices=choices(site.deps, viewer, wording),
    )


def _contact_page(
    site: Site,
    request: Request,
    viewer: Viewer,
    contact_id: str,
    *,
    form: Form | None = None,
    done: str = "",
    status: int = 200,
) -> Response:
    contact = _one(site, viewer, contact_id)
    stands = {name: getattr(contact, name) for name in _CHANGEABLE}
    return site.page(
        request,
        "admin_contact.html",
        status=status,
        contact=contact,
        form=Form({**stands, **form.values}, form.errors) if form else Form(stands),
        done=done,
        choices=choices(site.deps, viewer, site.wording(request)),
    )
