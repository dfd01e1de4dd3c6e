"""From an empty installation to the first alarm that was tried: what is done, what comes next."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from api.context import CurrentViewer
from api.errors import ConflictError, UnavailableError
from api.services import contact_owners, setup
from api.web.admin.forms import Fields
from api.web.site import Site

_PATHS = {
    "centre": "/admin/places/centre/new",
    "desk": "/admin/users/new?role=desk&centre_id={centre_id}",
    "contact": "/admin/contacts?owner=centre:{centre_id}",
    "resident": "/admin/residents/new",
    "device": "/devices/new",
    "drill": "",
}


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the guided list and the drill."""
    deps = site.deps

    @pages.get("/admin/start")
    def show_start(
        request: Request, viewer: CurrentViewer, wrong: Annotated[str, Query(max_length=16)] = ""
    ) -> Response:
        found = setup.read_setup(deps, viewer)
        steps = [(name, done, _PATHS[name].format(centre_id=found.centre_id)) for name, done in found.done.items()]
        following = next((name for name, done, _ in steps if not done), "")
        drill = setup.last_drill(deps, viewer)
        return site.page(
            request,
            "admin_start.html",
            owners=contact_owners.names_of_owners(deps, viewer, {one.owner for one in drill.told} if drill else set()),
            steps=steps,
            following=following,
            setup=found,
            drill=drill,
            can_drill=deps.drill is not None,
            busy=wrong == "busy",
        )

    @pages.post("/admin/start/drill")
    def try_alarm(viewer: CurrentViewer, fields: Fields) -> Response:
        try:
            setup.start_drill(deps, viewer, fields.get("resident_id", ""))
        except UnavailableError:
            return RedirectResponse("/admin/start", status_code=303)
        except ConflictError:
            return RedirectResponse("/admin/start?wrong=busy", status_code=303)
        return RedirectResponse("/admin/start", status_code=303)
