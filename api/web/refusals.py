"""The list of refused messages, for vendors and whoever sees their residents."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.context import CurrentViewer
from api.services.refusals import list_mapping, list_refusals
from api.web.site import Site

_PAGE = 50


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the list of refused messages."""

    @pages.get("/refusals")
    def show_refusals(
        request: Request,
        viewer: CurrentViewer,
        device_id: Annotated[str, Query(max_length=200)] = "",
        cursor: Annotated[str, Query(max_length=300)] = "",
    ) -> Response:
        found = list_refusals(site.deps, viewer, device_id=device_id, cursor=cursor, limit=_PAGE)
        mapping = [] if cursor else list_mapping(site.deps, viewer, device_id=device_id, limit=_PAGE)
        return site.page(
            request,
            "refusals.html",
            refusals=found.items,
            mapping=mapping,
            device_id=device_id,
            started=bool(cursor),
            more=found.next_cursor,
        )
