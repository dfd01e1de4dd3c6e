"""The pages: rendered here, made live by a few small scripts, complete without any other host."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from fastapi import APIRouter, FastAPI, Response
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

from api.dependencies import Dependencies
from api.web import (
    account,
    answers,
    api_page,
    budget,
    deliveries,
    desk,
    desk_data,
    devices,
    figures,
    forgotten,
    login,
    messages,
    oidc,
    phone_app,
    platform,
    policies,
    push,
    refusals,
    resident_limits,
    residents,
    rota,
    sheet,
    shift,
    wall,
    watch,
    worklist,
)
from api.web.admin import (
    audit,
    beds,
    bench,
    claims,
    contacts,
    detectors,
    device_commands,
    device_pages,
    hub,
    import_page,
    places,
    products,
    quarantine,
    record_parts,
    start,
    users,
)
from api.web.admin import residents as admin_residents
from api.web.site import STATIC, Site, page_route

__all__ = ["mount"]
_ADMIN = (
    hub,
    start,
    users,
    places,
    contacts,
    products,
    claims,
    device_pages,
    device_commands,
    audit,
    admin_residents,
    record_parts,
    beds,
    import_page,
    detectors,
    quarantine,
    bench,
)

_AREAS = (
    login,
    oidc,
    answers,
    watch,
    desk,
    desk_data,
    shift,
    wall,
    worklist,
    sheet,
    messages,
    phone_app,
    residents,
    rota,
    devices,
    deliveries,
    refusals,
    figures,
    budget,
    platform,
    policies,
    api_page,
    account,
    push,
    forgotten,
    resident_limits,
)


def mount(app: FastAPI, deps: Dependencies) -> None:
    """Add the pages and their static files to the application."""
    site = Site(deps, ZoneInfo(deps.time_zone))
    app.state.error_page = site.error_page
    app.mount(site.static, _ForEver(directory=STATIC), name="static")
    pages = APIRouter(route_class=page_route(site), include_in_schema=False)
    for area in (*_AREAS, *_ADMIN):
        area.add_pages(pages, site)
    app.include_router(pages)


class _ForEver(StaticFiles):
    """Static files under an address that names their content: they never change."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Serve one file."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
