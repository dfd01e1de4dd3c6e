"""The alarm desk: the page, and the parts its scripts fetch again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi import Response as Answer
from fastapi.responses import RedirectResponse

from alerts.episodes.lifecycle import Response
from alerts.kinds import KINDS
from api.context import CurrentViewer
from api.errors import NotFoundError
from api.security.roles import Permission, Viewer, require
from api.services.alerts import resident_of_alert
from api.services.desk import Show
from api.web.evidence.picked import Picked, pick
from api.web.queue_lines import By
from api.web.queue_reader import QueueReader
from api.web.site import Site
from api.web.wording import Wording


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the desk, its queue, its details."""
    deps = site.deps

    queue = QueueReader(deps)

    def picked(wording: Wording, viewer: Viewer, alert_id: str) -> Picked | None:
        try:
            return pick(deps, viewer, alert_id, wording) if alert_id else None
        except NotFoundError:
            return None

    @pages.get("/desk")
    def show_desk(
        request: Request, viewer: CurrentViewer, show: Show = Show.OPEN, alert: str = "", by: By = By.CAUSE
    ) -> Answer:
        if alert and not viewer.may(Permission.RESPOND):
            resident_id = resident_of_alert(deps, viewer, alert)
            return RedirectResponse(f"/residents/{resident_id}?alert={quote(alert)}", status_code=303)
        wording = site.wording(request)
        waiting, found = queue.page(wording, viewer, show, by), picked(wording, viewer, alert)
        missing = bool(alert and found is None)
        return site.page(
            request, "desk.html", queue=waiting, picked=found, missing=missing, words=_filter_words(wording)
        )

    @pages.get("/desk/queue")
    def show_queue(
        request: Request,
        viewer: CurrentViewer,
        show: Show = Show.OPEN,
        by: By = By.CAUSE,
        seen: Annotated[str, Query(max_length=64)] = "",
    ) -> Answer:
        waiting = queue.part(site.wording(request), viewer, show, by, seen=seen)
        return site.page(request, "_queue.html", queue=waiting)

    @pages.get("/desk/alerts/{alert_id}")
    def show_alert(request: Request, viewer: CurrentViewer, alert_id: str) -> Answer:
        require(viewer, Permission.RESPOND)
        return site.page(request, "_detail.html", picked=pick(deps, viewer, alert_id, site.wording(request)))


def _filter_words(wording: Wording) -> dict[str, Mapping[str, str]]:
    """Return what the choices of the filter are called."""
    return {
        "kind": {code: wording.kind(code) for code in KINDS},
        "priority": {name: wording.t(f"priority.{name}") for name in ("high", "medium", "low", "info")},
        "state": {one: wording.t(f"response.{one}") for one in Response if one is not Response.CLOSED},
    }
