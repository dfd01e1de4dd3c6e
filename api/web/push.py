"""Being told in a browser: the page on which it enters itself, and the worker that shows messages with no page open."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from api.context import CurrentViewer
from api.services.browsers import list_browsers
from api.web.site import STATIC, Site


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the page and the worker."""

    @pages.get("/notifications")
    def show_notifications(request: Request, viewer: CurrentViewer) -> Response:
        return site.page(request, "notifications.html", found=list_browsers(site.deps, viewer))

    @pages.get("/sw.js")
    def serve_worker() -> Response:
        """Serve it at the root: its address is its scope, and never changes."""
        return FileResponse(STATIC / "sw.js", media_type="text/javascript")
