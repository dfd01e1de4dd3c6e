"""What makes the pages an app on a phone: where it starts, its worker, and the page it shows without a line."""

from __future__ import annotations

import json

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from anhu.contract.words import LANGUAGES, text
from anhu.registry.roles import Role
from api.context import CurrentViewer
from api.web.site import STATIC, Site

_STARTS = {Role.TEAM: "/worklist", Role.DESK: "/desk", Role.ADMIN: "/desk", Role.FAMILY: "/residents"}
_NEEDED = ("early.js", "base.css", "care.css", "offline_page.js", "unsent.js", "favicon.svg", "icons.svg")
"""Static files that the page without a line needs."""


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the start of the app, its worker, and the page without a line."""

    @pages.get("/app")
    def start(viewer: CurrentViewer) -> Response:
        return RedirectResponse(_STARTS.get(viewer.role, "/devices"), status_code=303)

    @pages.get("/sw.js")
    def worker() -> Response:
        told = {"release": site.release, "statics": f"{site.static}/", "needed": needed(site), "words": _words()}
        script = f"self.anhu = {json.dumps(told)};\nimportScripts({json.dumps(f'{site.static}/offline.js')});\n"
        return Response(
            script + (STATIC / "sw.js").read_text("utf-8"),
            media_type="text/javascript",
            headers={"Cache-Control": "no-cache"},
        )

    @pages.get("/offline")
    def show_offline(request: Request) -> Response:
        request.state.viewer = None  # kept on the phone: nobody's
        return site.page(request, "offline.html")


def _words() -> dict[str, str]:
    """Return what the worker says of itself, in both languages: it does not know whose phone it is on."""
    names = ("title", "unreadable", "lapsed")
    return {name: " · ".join(text(f"worker.{name}", language) for language in LANGUAGES) for name in names}


def needed(site: Site) -> list[str]:
    """Return what the worker fetches when it is installed."""
    return ["/offline", *(f"{site.static}/{name}" for name in _NEEDED if (STATIC / name).is_file())]
