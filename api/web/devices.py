"""The list of devices."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.context import CurrentViewer
from api.security.roles import Permission
from api.services.devices import list_devices
from api.web.site import Site

_PAGE = 100


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the list of devices."""

    @pages.get("/devices")
    def show_devices(
        request: Request, viewer: CurrentViewer, cursor: Annotated[str, Query(max_length=300)] = ""
    ) -> Response:
        found = list_devices(site.deps, viewer, cursor=cursor, limit=_PAGE)
        return site.page(
            request,
            "devices.html",
            devices=found.items,
            started=bool(cursor),
            more=found.next_cursor,
            may_provision=viewer.may(Permission.PROVISION),
        )
