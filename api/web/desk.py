"""The alarm desk: the page, and the parts its scripts fetch again."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from api.context import CurrentViewer
from api.errors import NotFoundError
from api.security.roles import Permission, Viewer, require
from api.services.alerts import resident_of_alert
from api.services.desk import Show, read_queue
from api.services.platform import parts_down
from api.web.evidence.evidence_chart import evidence_chart
from api.web.evidence.picked import Picked, pick
from api.web.evidence.waveform import waveform_chart
from api.web.queue import Queue
from api.web.site import Site
from api.web.wording import Wording


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the desk, its queue, its details, its waveforms."""
    deps = site.deps

    def queue(wording: Wording, viewer: Viewer, show: Show) -> Queue:
        require(viewer, Permission.RESPOND)
        found = read_queue(deps, viewer, show=show, today_ms=wording.start_of_today_ms())
        may_respond = viewer.may(Permission.RESPOND)
        return Queue.of(found, show.value, may_respond=may_respond, down=parts_down(deps))

    def picked(wording: Wording, viewer: Viewer, alert_id: str) -> Picked | None:
        try:
            return pick(deps, viewer, alert_id, wording) if alert_id else None
        except NotFoundError:
            return None

    @pages.get("/desk")
    def show_desk(request: Request, viewer: CurrentViewer, show: Show = Show.OPEN, alert: str = "") -> Response:
        if alert and not viewer.may(Permission.RESPOND):
            resident_id = resident_of_alert(deps, viewer, alert)
            return RedirectResponse(f"/residents/{resident_id}?alert={quote(alert)}", status_code=303)
        wording = site.wording(request)
        waiting, found = queue(wording, viewer, show), picked(wording, viewer, alert)
        return site.page(request, "desk.html", queue=waiting, picked=found, missing=bool(alert and found is None))

    @pages.get("/desk/queue")
    def show_queue(request: Request, viewer: CurrentViewer, show: Show = Show.OPEN) -> Response:
        return site.page(request, "_queue.html", queue=queue(site.wording(request), viewer, show))

    @pages.get("/desk/alerts/{alert_id}")
    def show_alert(request: Request, viewer: CurrentViewer, alert_id: str) -> Response:
        require(viewer, Permission.RESPOND)
        return site.page(request, "_detail.html", picked=pick(deps, viewer, alert_id, site.wording(request)))

    @pages.get("/desk/alerts/{alert_id}/waveform.json")
    def show_waveform(request: Request, viewer: CurrentViewer, alert_id: str) -> Response:
        return JSONResponse(waveform_chart(deps, viewer, alert_id, site.wording(request)))

    @pages.get("/desk/alerts/{alert_id}/trend.json")
    def show_trend(request: Request, viewer: CurrentViewer, alert_id: str) -> Response:
        return JSONResponse(evidence_chart(deps, viewer, alert_id, site.wording(request)))
