"""Devices on pages: one is registered, given on, returned, gets a new secret, is shut out, is retired."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from api.context import CurrentViewer
from api.qr import qr_rows
from api.schemas.devices import Binding, DeviceChange, DeviceSecret, NewDevice
from api.security.roles import Permission, Viewer, require
from api.services import bindings, claims, devices
from api.services.products import list_products
from api.web.admin.command_panel import command_panel
from api.web.admin.forms import REFUSALS, Fields, Form, Typed, checked, refused
from api.web.site import Site

_NEW = ("id", "codec", "product_id", "model", "vendor", "resident_id", "room", "position", "parent_id", "child_name")
_CHANGED = ("model", "firmware", "room", "position", "child_name")
_STEPS = ("rotate", "revoke", "enable", "bind", "return", "retire")
_LEAVES_SIGHT = frozenset({"return", "retire"})
"""Steps after which the device is nobody's: only an administrator and its vendor still see it."""


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the pages of one device."""

    @pages.get("/devices/new")
    def show_new(request: Request, viewer: CurrentViewer) -> Response:
        require(viewer, Permission.PROVISION)
        resident_id = request.query_params.get("resident_id", "")[:64]
        return _new_page(
            site, request, viewer, Form({"codec": "open_json", "alarms": "sos", "resident_id": resident_id})
        )

    @pages.post("/devices/new")
    def make_device(request: Request, viewer: CurrentViewer, fields: Fields) -> Response:
        require(viewer, Permission.PROVISION)
        try:
            facts: dict[str, Any] = {name: fields[name] for name in _NEW if fields.get(name)}
            made = devices.create_device(site.deps, viewer, NewDevice.model_validate(facts | _alarms(fields)))
        except REFUSALS as error:
            form = refused(fields, error, site.wording(request))
            return _new_page(site, request, viewer, form, status=422)
        return _secret_page(site, request, made)

    _add_one(pages, site)
    for step in _STEPS:
        _add_step(pages, site, step)


def _add_one(pages: APIRouter, site: Site) -> None:
    @pages.get("/devices/{device_id}")
    def show_device(
        request: Request, viewer: CurrentViewer, device_id: str, done: Annotated[str, Query(max_length=16)] = ""
    ) -> Response:
        return device_page(site, request, viewer, device_id, done=done)

    @pages.post("/devices/{device_id}")
    def change_device(request: Request, viewer: CurrentViewer, device_id: str, fields: Fields) -> Response:
        require(viewer, Permission.PROVISION)
        try:
            facts: dict[str, Any] = {name: fields[name] for name in _CHANGED if name in fields}
            given = DeviceChange.model_validate(facts | _alarms(fields) | {"shared": checked(fields, "shared")})
            devices.change_device(site.deps, viewer, device_id, given)
        except REFUSALS as error:
            form = refused(fields, error, site.wording(request))
            return device_page(site, request, viewer, device_id, form=form, status=422)
        return RedirectResponse(f"/devices/{device_id}?done=saved", status_code=303)


def _add_step(pages: APIRouter, site: Site, step: str) -> None:
    @pages.post(f"/devices/{{device_id}}/{step}")
    def take_step(request: Request, viewer: CurrentViewer, device_id: str, fields: Fields) -> Response:
        try:
            if step == "rotate":
                return _secret_page(site, request, devices.rotate_secret(site.deps, viewer, device_id))
            _take_step(site, viewer, device_id, step, fields)
        except REFUSALS as error:
            form = Form({}, refused(fields, error, site.wording(request)).errors)
            return device_page(site, request, viewer, device_id, form=form, status=409)
        sees_it = step not in _LEAVES_SIGHT or viewer.may(Permission.MANAGE_PRODUCTS)
        return RedirectResponse(f"/devices/{device_id}?done=saved" if sees_it else "/devices", status_code=303)


def _take_step(site: Site, viewer: Viewer, device_id: str, step: str, fields: Typed) -> None:
    if step == "bind":
        given = Binding(resident_id=fields.get("to_resident", ""), place_id=fields.get("to_place", ""))
        bindings.bind_device(site.deps, viewer, device_id, given)
    elif step == "return":
        bindings.return_device(site.deps, viewer, device_id)
    elif step == "retire":
        bindings.retire_device(site.deps, viewer, device_id)
    else:
        devices.set_device_enabled(site.deps, viewer, device_id, enabled=step == "enable")


def _secret_page(site: Site, request: Request, made: DeviceSecret) -> Response:
    """Show a secret, this once: as text, and as a QR code for a label or for a program that sets devices up."""
    content = json.dumps({"id": made.id, "secret": made.secret}, separators=(",", ":"))
    code = qr_rows(content) if made.secret else []
    return site.page(request, "device_secret.html", device=made, qr=code)


def _alarms(fields: Typed) -> dict[str, list[str]]:
    """Return the calls that a device can make, as they were typed: words with commas or spaces between."""
    if "alarms" not in fields:
        return {}
    return {"alarms": fields["alarms"].replace("，", ",").replace("、", ",").replace(",", " ").split()}


def _residents(site: Site, viewer: Viewer) -> list[tuple[str, str]]:
    """Return to whom a device may be given: a vendor never decides that."""
    return claims.residents_to_bind(site.deps, viewer) if viewer.may(Permission.BIND_DEVICES) else []


def _new_page(site: Site, request: Request, viewer: Viewer, form: Form, *, status: int = 200) -> Response:
    return site.page(
        request,
        "device_new.html",
        status=status,
        form=form,
        codecs=[(name, name) for name in sorted(site.deps.codecs)],
        products=[(one.id, one.name) for one in list_products(site.deps, viewer) if one.enabled],
        residents=_residents(site, viewer),
        is_admin=viewer.may(Permission.ADMINISTER),
        says_whose=viewer.may(Permission.BIND_DEVICES),
    )


def device_page(
    site: Site,
    request: Request,
    viewer: Viewer,
    device_id: str,
    *,
    form: Form | None = None,
    command_form: Form | None = None,
    done: str = "",
    status: int = 200,
) -> Response:
    """Return the page of one device."""
    device = devices.read_device(site.deps, viewer, device_id)
    stands = {name: str(getattr(device, name)) for name in _CHANGED} | {"alarms": ", ".join(device.alarms)}
    stands |= {"shared": "1" if device.shared else ""}
    typed = form if form is not None and form.values else Form(stands, form.errors if form else {})
    return site.page(
        request,
        "device.html",
        status=status,
        device=device,
        form=typed,
        done=done,
        residents=_residents(site, viewer),
        places=claims.places_to_bind(site.deps, viewer) if viewer.may(Permission.BIND_DEVICES) else [],
        history=bindings.bindings_of(site.deps, viewer, device_id),
        sees_residents=viewer.may(Permission.READ_HEALTH),
        sees_refusals=viewer.may(Permission.READ_REFUSALS),
        may_bind=viewer.may(Permission.BIND_DEVICES),
        is_admin=viewer.may(Permission.ADMINISTER),
        may_change=viewer.may(Permission.PROVISION),
        commanded=done == "asked",
        **command_panel(site, site.wording(request), viewer, device_id, command_form),
    )
