"""The start of administration: what is set up, what is missing and where it is mended, and what there is besides."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.context import CurrentViewer
from api.security.roles import Permission, require
from api.services.gaps import list_gaps
from api.services.setup import count_rows
from api.web.admin.entries import entries_for, mended_at
from api.web.site import Site


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the hub: whoever works here finds on it what the menu has no room for."""

    @pages.get("/admin")
    def show_hub(request: Request, viewer: CurrentViewer) -> Response:
        require(viewer, Permission.READ_PLATFORM)
        is_admin = viewer.may(Permission.ADMINISTER)
        language = site.wording(request).language
        return site.page(
            request,
            "admin_hub.html",
            groups=entries_for(viewer),
            manages=viewer.may(Permission.MANAGE_PEOPLE),
            missing=list_gaps(site.deps, viewer, language) if is_admin else None,
            counts=count_rows(site.deps, viewer) if is_admin else {},
            mended_at=mended_at,
        )
