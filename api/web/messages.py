"""Messages and service requests: lists, and one resident's thread."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from api.context import CurrentViewer
from api.schemas.care import RequestKind
from api.security.roles import Permission
from api.services import messages, people, residents, service_requests, threads
from api.visit import visit_resident
from api.web.site import Site


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the lists and the thread."""
    deps = site.deps

    @pages.get("/messages")
    def show_threads(request: Request, viewer: CurrentViewer) -> Response:
        return site.page(request, "messages.html", threads=threads.list_threads(deps, viewer))

    @pages.get("/unread.json")
    def show_unread(viewer: CurrentViewer) -> Response:
        return JSONResponse({"unread": threads.unread_of(deps, viewer).messages})

    @pages.get("/residents/{resident_id}/messages")
    def show_thread(
        request: Request,
        viewer: CurrentViewer,
        resident_id: str,
        before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
    ) -> Response:
        with visit_resident(deps, viewer, resident_id, "message.read") as visit:
            thread = messages.thread_of(visit, before=before)
            person = people.person_of(visit)
            zone = residents.zone_of(visit)
        may_write = viewer.may(Permission.TAKE_PART)
        return site.page(request, "thread.html", zone=zone, thread=thread, person=person, may_write=may_write)

    @pages.get("/requests")
    def show_requests(request: Request, viewer: CurrentViewer, ended: Annotated[bool, Query()] = False) -> Response:  # noqa: FBT002 - of the address
        found = service_requests.list_requests(deps, viewer, ended=ended)
        return site.page(request, "requests.html", requests=found, ended=ended)

    @pages.get("/residents/{resident_id}/requests")
    def show_residents_requests(request: Request, viewer: CurrentViewer, resident_id: str) -> Response:
        with visit_resident(deps, viewer, resident_id, "request.read") as visit:
            found = service_requests.requests_of(visit)
            person = people.person_of(visit)
            zone = residents.zone_of(visit)
        kinds = [kind.value for kind in RequestKind]
        return site.page(request, "resident_requests.html", zone=zone, requests=found, person=person, kinds=kinds)
