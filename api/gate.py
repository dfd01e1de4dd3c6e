"""The gate before every route: who is nobody gets nothing, whatever the route forgot to check.

A new route is closed until its path is named in `PUBLIC_PATHS`. A write that comes with a session cookie must repeat
the session's CSRF token, in the header ``X-CSRF-Token`` or in a form's field ``csrf``.
"""

from __future__ import annotations

import hmac
from urllib.parse import parse_qs, quote

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.dependencies import Dependencies
from api.errors import ApiError, ForbiddenError, UnauthenticatedError
from api.minute_book import MinuteBook
from api.oidc.config import LANDING, LEAVING
from api.problems import problem_response
from api.security.body import BodyTooLargeError, limited, read_body, replayed
from api.security.cookies import WALL_PATH, cookie_name, wall_cookie_name
from api.security.roles import Viewer
from api.security.viewers import token_digest
from api.services.login import viewer_by_token
from api.services.minute import Refusal

PUBLIC_PATHS = frozenset(
    {"/health", "/openapi.json", "/login", "/api/v1/login", "/favicon.ico", "/forgot-password", "/reset", "/sw.js"}
) | {"/offline", "/login/oidc", LANDING, LEAVING}
PUBLIC_PREFIX = "/static/"
ANSWER_PREFIX, CALLBACK_PREFIX, CALENDAR_PREFIX, SHEET_PREFIX = "/a/", "/callbacks/", "/calendar/", "/s/"
"""Whoever knows the rest of the path may ask: it is a secret; calendar programs cannot log in, phones need not, and an
emergency sheet is opened by its link alone."""
_PUBLIC_PREFIXES = (PUBLIC_PREFIX, ANSWER_PREFIX, CALLBACK_PREFIX, CALENDAR_PREFIX, SHEET_PREFIX)
WALL_PATHS = frozenset({WALL_PATH, f"{WALL_PATH}/state.json"})
"""What a wall screen may ask for; its cookie opens nothing else."""
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_REFUSED = frozenset({403, 404})
_TOO_MUCH = 429
_WITH_ONE_TIME_PASSWORD = frozenset(
    {"/account/password", "/logout", "/api/v1/me", "/api/v1/me/password", "/api/v1/logout", "/session/renew"}
)
_FORM = "application/x-www-form-urlencoded"


def is_public(path: str) -> bool:
    """Tell whether a path may be asked for by nobody."""
    return path in PUBLIC_PATHS or path.startswith(_PUBLIC_PREFIXES)


async def find_viewer(deps: Dependencies, scope: Scope) -> Viewer | None:
    """Return who sends a request: by its bearer token, else by its session cookie; None for nobody."""
    headers = Headers(scope=scope)
    given, purpose = _bearer(headers), "api"
    token = given or ""
    if given is None:
        cookies = cookie_parser(headers.get("cookie", ""))
        token, purpose = cookies.get(cookie_name(deps), ""), "session"
        if not token and scope["path"] in WALL_PATHS and scope["method"] == "GET":
            token, purpose = cookies.get(wall_cookie_name(deps), ""), "wall"
    if not token:
        return None

    def look_up() -> Viewer | None:
        return viewer_by_token(deps, token=token.strip(), purpose=purpose, address=_address(scope))

    return await to_thread.run_sync(look_up)


def _address(scope: Scope) -> str:
    return scope["client"][0] if scope.get("client") else ""


def _bearer(headers: Headers) -> str | None:
    """Return the bearer token; None when the request names none."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


class Gate:
    """ASGI middleware that finds the viewer, puts it in ``request.state.viewer``, and turns everybody else away."""

    def __init__(self, app: ASGIApp, *, deps: Dependencies, book: MinuteBook) -> None:
        self._app = app
        self._deps = deps
        self._book = book

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        viewer: Viewer | None = None
        try:
            receive = limited(receive, headers, scope["path"])
            viewer = await find_viewer(self._deps, scope)
            scope.setdefault("state", {})["viewer"] = viewer
            if viewer is None and not scope["path"].startswith(CALLBACK_PREFIX):  # held there, when not believed
                await self._deps.crowd.pass_through(_address(scope))
            refusal = self._refusal(scope, headers, viewer)
            if refusal is None and viewer is not None:
                self._count(scope, headers, viewer)
                receive = await _check_writer(scope, headers, receive, viewer)
        except (ApiError, BodyTooLargeError) as error:
            refusal = problem_response(error, path=scope["path"])
        if viewer is not None:
            send = self._noting(send, scope, viewer)
        await (refusal or self._app)(scope, receive, send)

    def _count(self, scope: Scope, headers: Headers, viewer: Viewer) -> None:
        """Count the request. Raises `TooManyRequestsError` for a user who asks too much."""
        if scope["path"].startswith(PUBLIC_PREFIX):
            return
        bearer = _bearer(headers)
        cookie = cookie_parser(headers.get("cookie", "")).get(cookie_name(self._deps), "")
        if token := cookie.strip() if bearer is None else bearer:
            self._book.used(token_digest(token))
        writes = scope["method"] not in _SAFE_METHODS
        self._deps.rates.take(viewer.user_id, viewer.role, writes=writes, now_ms=self._deps.clock.now_ms())

    def _noting(self, send: Send, scope: Scope, viewer: Viewer) -> Send:
        """Return a `send` that counts for the audit who was refused what; who asks too much is told so late."""

        async def noted(message: Message) -> None:
            status = message["status"] if message["type"] == "http.response.start" else 0
            if status in _REFUSED:
                action = f"access.refused.{status}"
                self._book.refused(Refusal(viewer.user_id, action, scope["path"], viewer.address))
            elif status == _TOO_MUCH:
                await self._deps.crowd.hold()
            await send(message)

        return noted

    @staticmethod
    def _refusal(scope: Scope, headers: Headers, viewer: Viewer | None) -> Response | None:
        path = scope["path"]
        wants_page = "text/html" in headers.get("accept", "") and not path.startswith("/api/")
        if viewer is not None and viewer.must_change_password and not is_public(path):
            return _until_it_is_changed(path, is_page=wants_page)
        if viewer is not None or is_public(path):
            return None
        if wants_page and scope["method"] == "GET":
            query = scope.get("query_string", b"").decode("latin-1")
            wanted = f"{path}?{query}" if query else path
            return RedirectResponse(f"/login?next={quote(wanted, safe='/')}", status_code=303)
        return problem_response(UnauthenticatedError(), path=path)


def _until_it_is_changed(path: str, *, is_page: bool) -> Response | None:
    """Return where somebody with a one-time password is sent; None where he may go."""
    if path in _WITH_ONE_TIME_PASSWORD:
        return None
    if is_page:
        return RedirectResponse("/account/password", status_code=303)
    return problem_response(ForbiddenError("change the one-time password first"), path=path)


async def _check_writer(scope: Scope, headers: Headers, receive: Receive, viewer: Viewer) -> Receive:
    """Raise `ForbiddenError` for a write with a cookie that does not repeat the CSRF token."""
    if scope["method"] in _SAFE_METHODS or not viewer.csrf or is_public(scope["path"]):
        return receive
    given = headers.get("x-csrf-token", "")
    if not given and headers.get("content-type", "").startswith(_FORM):
        body = await read_body(receive)
        given = parse_qs(body.decode("utf-8", "replace")).get("csrf", [""])[0]
        receive = replayed(body, receive)
    if not hmac.compare_digest(given.encode(), viewer.csrf.encode()):
        raise ForbiddenError("this write needs the session's CSRF token")
    return receive
