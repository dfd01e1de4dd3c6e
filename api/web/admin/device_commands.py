"""What is asked of a device from its page, by who may."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.context import CurrentViewer
from api.schemas.devices import NewCommand
from api.security.roles import Permission, require
from api.services import devices
from api.web.admin.command_panel import VALID_FOR_S
from api.web.admin.device_pages import device_page
from api.web.admin.forms import REFUSALS, Fields, Typed, refused
from api.web.site import Site

_ARGUMENTS = {
    "ask_ok": ("text",),
    "measure": ("quantity",),
    "configure": ("report_period_s",),
    "text": ("text",),
    "firmware": ("version",),
}
"""Command -> the fields of the form that go with it."""


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the sending of a command."""

    @pages.post("/devices/{device_id}/commands")
    def send_command(request: Request, viewer: CurrentViewer, device_id: str, fields: Fields) -> Response:
        require(viewer, Permission.COMMAND_DEVICES)
        try:
            devices.command_device(site.deps, viewer, device_id, _given(fields))
        except REFUSALS as error:
            form = refused(fields, error, site.wording(request))
            return device_page(site, request, viewer, device_id, command_form=form, status=422)
        return RedirectResponse(f"/devices/{device_id}?done=asked#commands", status_code=303)


def _given(fields: Typed) -> NewCommand:
    name = fields.get("name", "")
    arguments: dict[str, Any] = {one: fields[one] for one in _ARGUMENTS.get(name, ()) if fields.get(one)}
    if (period := arguments.get("report_period_s", "")).isdigit():
        arguments["report_period_s"] = float(period)
    return NewCommand.model_validate(
        {"name": name, "arguments": arguments, "expires_in_s": fields.get("expires_in_s") or VALID_FOR_S[0]}
    )
