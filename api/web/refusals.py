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
        cursor: Annotated[str, Query(max_length=300)] = "",
        device_id: Annotated[str, Query(max_length=64)] = "",
    ) -> Response:
        found = list_refusals(site.deps, viewer, device_id=device_id, cursor=cursor, limit=_PAGE)
        mapping = [] if cursor or device_id else list_mapping(site.deps, viewer, limit=_PAGE)
        return site.page(
            request,
            "refusals.html",
            refusals=found.items,
            mapping=mapping,
            started=bool(cursor),
            device_id=device_id,
            more=found.next_cursor,
        )
