"""The page on which a sheet is tried and written; its script sends the file."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.context import CurrentViewer
from api.services.imports import may_import
from api.web.site import Site


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the page."""

    @pages.get("/admin/import")
    def show(request: Request, viewer: CurrentViewer) -> Response:
        may_import(viewer)
        return site.page(request, "admin_import.html", kinds=("residents", "devices"), forms=("xlsx", "csv"))
