"""The edge's page: what the house must answer, and how the line to the centre is."""

from __future__ import annotations

import hmac
from base64 import b64decode
from collections.abc import Callable, Mapping
from importlib import resources
from typing import Annotated, Any

import msgspec
from fastapi import FastAPI, Form, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles

from anhu.contract.allowance import Allowance, Rate
from anhu.contract.clock import Clock
from anhu.contract.languages import wanted_language
from anhu.contract.quantities import QUANTITIES
from anhu.contract.words import text
from gateway.edge.local_alarms import LocalAlarm, LocalAlarms

_POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
_TRIES = Rate(20, 20)
_LONGEST_NAME = 40
_SHOWN = 50
State = Callable[[], Mapping[str, Any]]


def create_page(alarms: LocalAlarms, state: State, clock: Clock, *, password: str) -> FastAPI:
    """Return the page's application.

    Parameters
    ----------
    state : callable
        Returns ``up``, ``refused``, ``calls``, ``kib``, ``dropped``, ``trouble``.
    password : str
        Whatever the user's name; empty: nobody is asked, since only this machine reaches the page.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.mount("/static", StaticFiles(packages=[("app.edge", "static")]), name="static")
    tries = Allowance.full(_TRIES, clock.now_ms())

    @app.middleware("http")
    async def guarded(request: Request, go_on: Callable[[Request], Any]) -> Response:
        if password and not _is_allowed(request, password):
            if not tries.takes(clock.now_ms()):
                return Response(status_code=429)
            return Response(status_code=401, headers={"WWW-Authenticate": 'Basic realm="Anhu", charset="UTF-8"'})
        if request.method != "GET" and request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return Response(status_code=403)
        answer: Response = await go_on(request)
        answer.headers["Content-Security-Policy"] = _POLICY
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @app.get("/", response_class=HTMLResponse)
    async def page(request: Request) -> HTMLResponse:
        language = wanted_language(request.headers.get("accept-language", "")) or "zh-CN"
        return HTMLResponse(_page(language))

    @app.get("/favicon.ico")
    async def icon() -> Response:
        return Response(status_code=204)

    @app.get("/state")
    async def now(request: Request) -> Response:
        language = wanted_language(request.headers.get("accept-language", "")) or "zh-CN"
        shown = sorted(alarms.all, key=lambda one: (bool(one.answered_at_ms), -one.raised_at_ms))[:_SHOWN]
        return JSONResponse({**state(), "alarms": [_view(one, language) for one in shown]})

    @app.post("/alarms/{alarm_id}/answer")
    async def answer(alarm_id: str, who: Annotated[str, Form()] = "") -> Response:
        found = alarms.answer(alarm_id, who.strip()[:_LONGEST_NAME] or "-", clock.now_ms())
        return Response(status_code=404) if found is None else RedirectResponse("/", status_code=303)

    return app


def _view(alarm: LocalAlarm, language: str) -> Mapping[str, Any]:
    row = QUANTITIES[alarm.kind]
    return {**msgspec.to_builtins(alarm), "name": row.en if language == "en" else row.zh}


def _page(language: str) -> str:
    words = ("line_up", "line_down", "none", "answer", "who", "at_centre", "not_at_centre", "no_label", "stale")
    filled = ("refused", "waiting", "dropped", "made", "times", "answered", "device")
    data = {name: text(f"edge.{name}", language) for name in words}
    data |= {name: _template(f"edge.{name}", language) for name in filled}
    sheet = resources.files("app.edge").joinpath("static/page.html").read_text("utf-8")
    marks = {"language": language, "title": text("edge.title", language), "sound": text("edge.sound", language)}
    marks["words"] = (
        msgspec.json.encode(data).decode().replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    )
    for name, value in marks.items():
        sheet = sheet.replace("{{ " + name + " }}", value)
    return sheet


def _template(key: str, language: str) -> str:
    """Return a sentence whose places are filled in by the page."""
    names = ("why", "calls", "kib", "count", "time", "who", "device")
    return text(key, language, **{name: "{" + name + "}" for name in names})


def _is_allowed(request: Request, password: str) -> bool:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        _, _, said = b64decode(given, validate=True).decode().partition(":")
    except ValueError:
        return False
    return hmac.compare_digest(said.encode(), password.encode())
