"""What all pages share: templates, the reader's language, the menu, errors as pages."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from anhu.contract.errors import FieldError
from anhu.contract.languages import wanted_language
from anhu.contract.words import LANGUAGES
from anhu.registry.errors import MissingRowError
from api.dependencies import Dependencies
from api.errors import ApiError
from api.security.roles import Permission, Viewer
from api.services.waiting import Waiting
from api.web.browsers import browser_name
from api.web.channel_words import channel_namer
from api.web.menu import menu_of
from api.web.receipts import said
from api.web.told import untold_words
from api.web.wording import Wording

STATIC = Path(__file__).parent / "static"
LANGUAGE_COOKIE = "anhu_language"
_ONE_YEAR_S = 365 * 86_400
_ERRORS = {
    403: "error.forbidden",
    404: "error.not_found",
    405: "error.method",
    500: "error.broken",
    503: "error.store",
}


class Site:
    """Renders pages.

    Parameters
    ----------
    deps : Dependencies
        The outside world.
    zone : ZoneInfo
        Whose clock times are shown on.
    """

    def __init__(self, deps: Dependencies, zone: ZoneInfo) -> None:
        self.deps = deps
        self.zone = zone
        self._waiting = Waiting(deps)
        self.release = _digest(STATIC)
        self.static = f"/static/{self.release}"
        self._templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals |= {
            "untold_words": untold_words,
            "channel_name": channel_namer(deps.channels),
            "channel_said": said,
            "browser_name": browser_name,
            "has_map": deps.screens.map_file is not None,
            "map_datum": deps.screens.map_datum,
        }

    def wording(self, request: Request, language: str = "") -> Wording:
        """Return the language of this reader: of the switch, else of the browser, else the user's own, else Chinese.

        One that is given, such as a contact's, goes before them.
        """
        viewer: Viewer | None = getattr(request.state, "viewer", None)
        chosen = language or request.cookies.get(LANGUAGE_COOKIE, "")
        chosen = chosen or wanted_language(request.headers.get("accept-language", ""))
        chosen = chosen or (viewer.language if viewer else "")
        spoken = chosen if chosen in LANGUAGES else LANGUAGES[0]
        return Wording(spoken, self.zone, self.deps.clock.now_ms())

    def page(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        zone: str = "",
        language: str = "",
        **values: object,
    ) -> HTMLResponse:
        """Return a page, or a part of one, in the reader's or a given language, on the clock of a zone or our own."""
        wording = self.wording(request, language).at(zone)
        viewer: Viewer | None = getattr(request.state, "viewer", None)
        has_menu = not template.startswith("_") and template != "error.html"  # it must do without a database
        fresh = request.url.path.startswith("/admin")
        waiting = self._waiting.of(viewer, fresh=fresh) if viewer is not None and has_menu else {}
        html = self._templates.get_template(template).render(
            w=wording,
            viewer=viewer,
            watching=viewer is not None and viewer.may(Permission.RESPOND),
            menu=menu_of(viewer, request.url.path, waiting),
            waiting=waiting,
            static=self.static,
            release=self.release,
            zone_name=wording.zone.key,
            language_links=_language_link(request, wording.language),
            **values,
        )
        return HTMLResponse(html, status_code=status)

    def error_page(self, request: Request, status: int) -> Response:
        """Return what went wrong as a page."""
        message = self.wording(request).t(_ERRORS.get(status, "error.other"))
        return self.page(request, "error.html", status=status, message=message, code=status)


def page_route(site: Site) -> type[APIRoute]:
    """Return the class of the pages' routes: they switch the language and answer errors as pages."""

    class PageRoute(APIRoute):
        """A route whose answers people read."""

        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            """Return the route's handler, wrapped."""
            handle = super().get_route_handler()

            async def handle_page(request: Request) -> Response:
                if request.query_params.get("language") in LANGUAGES and request.method == "GET":
                    return _switch_language(request, secure=site.deps.cookie_secure)
                try:
                    return await handle(request)
                except (ApiError, FieldError, MissingRowError, RequestValidationError) as error:
                    if "text/html" not in request.headers.get("accept", ""):
                        raise
                    return site.error_page(request, error.status if isinstance(error, ApiError) else 404)

            return handle_page

    return PageRoute


def _switch_language(request: Request, *, secure: bool) -> Response:
    """Keep the language in a cookie and show the same page again, its address clean."""
    url = request.url.remove_query_params("language")
    response = RedirectResponse(url.path + (f"?{url.query}" if url.query else ""), status_code=303)
    keep_language(response, request.query_params["language"], secure=secure)
    return response


def keep_language(response: Response, language: str, *, secure: bool) -> None:
    """Let this browser be spoken to in a language from now on."""
    response.set_cookie(LANGUAGE_COOKIE, language, max_age=_ONE_YEAR_S, secure=secure, httponly=True, samesite="lax")


def _language_link(request: Request, language: str) -> dict[str, str]:
    other = next(one for one in LANGUAGES if one != language)
    url = request.url.include_query_params(language=other)
    return {"language": other, "path": f"{url.path}?{url.query}"}


def _digest(folder: Path) -> str:
    """Return a name for the present content of the static files: browsers may then keep them for ever."""
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            digest.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]
