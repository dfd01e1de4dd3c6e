"""Being told in a browser: the page on which it enters itself; the worker is the phone app's (`api.web.phone_app`)."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.context import CurrentViewer
from api.services.browsers import list_browsers
from api.web.site import Site


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the page."""

    @pages.get("/notifications")
    def show_notifications(request: Request, viewer: CurrentViewer) -> Response:
        return site.page(request, "notifications.html", found=list_browsers(site.deps, viewer))
