"""The pages: rendered here, made live by a few small scripts, complete without any other host."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from fastapi import APIRouter, FastAPI, Response
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

from api.dependencies import Dependencies
from api.web import (
    api_page,
    budget,
    desk,
    devices,
    figures,
    login,
    messages,
    phone_app,
    platform,
    refusals,
    residents,
    sheet,
    watch,
    worklist,
)
from api.web.site import STATIC, Site, page_route

__all__ = ["mount"]


def mount(app: FastAPI, deps: Dependencies) -> None:
    """Add the pages and their static files to the application."""
    site = Site(deps, ZoneInfo(deps.time_zone))
    app.state.error_page = site.error_page
    app.mount(site.static, _ForEver(directory=STATIC), name="static")
    pages = APIRouter(route_class=page_route(site), include_in_schema=False)
    at_work = (login, watch, desk, worklist, sheet, messages, phone_app, residents)
    for area in (*at_work, devices, refusals, figures, budget, platform, api_page):
        area.add_pages(pages, site)
    app.include_router(pages)


class _ForEver(StaticFiles):
    """Static files under an address that names their content: they never change."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Serve one file."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
