"""How the platform is: its parts, its calls of itself, and what waits to be sent."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from anhu.contract.clock import SECOND_MS
from api.context import CurrentViewer
from api.services.heartbeat import hours
from api.services.platform import SILENT_MS, parts_down, platform
from api.web.site import Site

_FULL_MS = 5 * SECOND_MS
"""A call that takes so long fills its bar. [ms]"""
_LEAST = 4


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the page."""

    @pages.get("/platform")
    def show_platform(request: Request, viewer: CurrentViewer) -> Response:
        view = platform(site.deps, viewer)
        bars = [
            (hour, max(_LEAST, min(100, round(100 * hour.slowest_ms / _FULL_MS)))) for hour in hours(site.deps, viewer)
        ]
        parts = [(part, view.now_ms - part.at_ms < SILENT_MS) for part in view.components]
        return site.page(request, "platform.html", platform=view, bars=bars, parts=parts, broken=parts_down(site.deps))
