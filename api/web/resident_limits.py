"""Setting and ending a resident's own limits, from beside the chart."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.context import CurrentViewer
from api.security.roles import Permission, require
from api.services import limits
from api.web.admin.forms import REFUSALS, Fields, refused
from api.web.limit_forms import new_limit
from api.web.resident_page import resident_response
from api.web.site import Site
from api.web.trend import SPANS


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the two steps."""

    @pages.post("/residents/{resident_id}/limits")
    def set_limit(request: Request, viewer: CurrentViewer, resident_id: str, fields: Fields) -> Response:
        require(viewer, Permission.SET_LIMITS)
        span = _span(fields.get("range", ""))
        try:
            limits.set_limit(site.deps, viewer, resident_id, new_limit(fields))
        except REFUSALS as error:
            form = refused(fields, error, site.wording(request))
            return resident_response(site, request, viewer, resident_id, span, form=form, status=422)
        return _back(resident_id, span, fields.get("chart", ""), "limit_set")

    @pages.post("/residents/{resident_id}/limits/{limit_id}/end")
    def end_limit(viewer: CurrentViewer, resident_id: str, limit_id: str, fields: Fields) -> Response:
        limits.end_limit(site.deps, viewer, resident_id, limit_id)
        return _back(resident_id, _span(fields.get("range", "")), fields.get("chart", ""), "limit_ended")


def _span(text: str) -> str:
    return text if text in SPANS else "24h"


def _back(resident_id: str, span: str, chart: str, done: str) -> Response:
    path = f"/residents/{quote(resident_id, safe='')}?range={span}&done={done}#limits-{quote(chart, safe='')}"
    return RedirectResponse(path, status_code=303)
