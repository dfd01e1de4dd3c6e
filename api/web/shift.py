"""The page for the end of a shift: every open alarm that is mine, with what to know, to one colleague after another."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from api.context import CurrentViewer
from api.services.shift import own_alerts
from api.services.working_together import offer
from api.web.site import Site

_PATH = "/desk/handover"
_NOTE_CHARS = 1_000


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the list, and the asking."""
    deps = site.deps

    @pages.get(_PATH)
    def show_shift(request: Request, viewer: CurrentViewer, done: int = 0) -> Response:
        return site.page(request, "shift.html", own=own_alerts(deps, viewer), done=min(done, 999))

    @pages.post(_PATH)
    async def hand_over(request: Request, viewer: CurrentViewer) -> Response:
        form = await request.form(max_fields=1_000, max_files=0)
        asked = 0
        for one in await run_in_threadpool(own_alerts, deps, viewer):
            to, note = form.get(f"to-{one.alert.id}", ""), form.get(f"note-{one.alert.id}", "")
            if isinstance(to, str) and isinstance(note, str) and to:
                await run_in_threadpool(offer, deps, viewer, one.alert.id, to=to, note=note.strip()[:_NOTE_CHARS])
                asked += 1
        return RedirectResponse(f"{_PATH}?done={asked}", status_code=303)
