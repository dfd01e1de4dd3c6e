"""What the desk's page draws besides text: signals, charts, and the operator's own map."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, JSONResponse

from api.context import CurrentViewer
from api.errors import NotFoundError
from api.security.roles import Permission, require
from api.web.evidence.evidence_chart import evidence_chart
from api.web.evidence.waveform import waveform_chart
from api.web.site import Site


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the signal that decided, the chart of the number that did, and the map file, served in ranges."""
    deps = site.deps

    @pages.get("/desk/alerts/{alert_id}/waveform.json")
    def show_waveform(request: Request, viewer: CurrentViewer, alert_id: str) -> Response:
        return JSONResponse(waveform_chart(deps, viewer, alert_id, site.wording(request)))

    @pages.get("/desk/alerts/{alert_id}/trend.json")
    def show_trend(request: Request, viewer: CurrentViewer, alert_id: str) -> Response:
        return JSONResponse(evidence_chart(deps, viewer, alert_id, site.wording(request)))

    @pages.get("/desk/map.pmtiles")
    def show_map(viewer: CurrentViewer) -> Response:
        require(viewer, Permission.RESPOND)
        if deps.screens.map_file is None or not deps.screens.map_file.is_file():
            raise NotFoundError("no map is set up")
        return FileResponse(deps.screens.map_file, media_type="application/octet-stream")
