"""Errors as problem documents (RFC 9457): one shape for everything that goes wrong."""

from __future__ import annotations

import logging
import math
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alerts.episodes.lifecycle import IllegalStepError, NotNowError
from anhu.contract.clock import to_rfc3339
from anhu.contract.errors import FieldError
from anhu.registry.errors import InUseError, MissingRowError, StaleError, TakenError
from api.errors import ApiError, ConflictError, NotFoundError, UnauthenticatedError, UnavailableError
from api.schemas.base import FieldProblem, Problem
from ingest.store.port import StoreUnavailableError

MEDIA_TYPE = "application/problem+json"
_SECRET_WORDS = ("password", "secret", "token", "identity_number")
_SHOWN_CHARS = 120
_NAME_CHARS = 80
_MOST_FIELDS = 20
_SAID = "{0.field}: got {0.value}, expected {0.expected}"
_logger = logging.getLogger(__name__)

RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": text, "content": {MEDIA_TYPE: {}}}
    for status, text in {
        401: "Nobody is logged in",
        403: "The role does not allow it",
        404: "Not there, or not yours to see",
        422: "A field was refused",
    }.items()
}
"""What every route may answer besides its own model."""
CONFLICT: dict[int | str, dict[str, Any]] = {
    409: {"model": Problem, "description": "Does not fit the present state", "content": {MEDIA_TYPE: {}}}
}


def file_of(*media_types: str, binary: bool = False) -> dict[int | str, dict[str, Any]]:
    """Return how the document describes a route that answers with a file."""
    schema = {"type": "string", "format": "binary"} if binary else {"type": "string"}
    return {200: {"content": {media_type: {"schema": schema} for media_type in media_types}}}


def install(app: FastAPI) -> None:
    """Answer all errors of an application as problem documents."""
    app.add_exception_handler(ApiError, _expected)
    app.add_exception_handler(FieldError, _field)
    for refused in (MissingRowError, StaleError, TakenError, InUseError, IllegalStepError, NotNowError):
        app.add_exception_handler(refused, _refused_by_database)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(StoreUnavailableError, _store)


def problem_response(error: ApiError, *, path: str, language: str = "") -> Response:
    """Return the problem document of an expected error, in the reader's language where there are words."""
    headers = {}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_s)))
    if isinstance(error, UnauthenticatedError):
        headers["WWW-Authenticate"] = "Bearer"
    in_chinese = language == "zh-CN"
    problem = Problem(
        type=_type(error.code),
        title=error.title_zh if in_chinese else error.title,
        status=error.status,
        detail=error.zh if in_chinese and error.zh else error.detail,
        instance=path,
    )
    return _response(problem, headers)


def _language(request: Request) -> str:
    return "zh-CN" if request.headers.get("accept-language", "").lower().startswith("zh") else "en"


def _type(code: str) -> str:
    return f"urn:anhu:problem:{code}"


def _response(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(problem.model_dump(), problem.status, headers, media_type=MEDIA_TYPE)


async def _expected(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)  # noqa: S101 - registered for this class
    return problem_response(error, path=request.url.path, language=_language(request))


async def _refused_by_database(request: Request, error: Exception) -> Response:
    kind = NotFoundError if isinstance(error, MissingRowError) else ConflictError
    return problem_response(kind(str(error)), path=request.url.path, language=_language(request))


async def _store(request: Request, error: Exception) -> Response:
    _logger.warning("the time-series store cannot answer: %s", error)
    said, zh = "the time-series store cannot answer now", "时序库暂时无法应答"
    if since_ms := getattr(error, "away_since_ms", 0):
        said, zh = f"{said}; it is away since {to_rfc3339(since_ms)}", f"{zh}（自 {to_rfc3339(since_ms)} 起）"
    refused = UnavailableError(said, retry_after_s=5, zh=zh)
    return problem_response(refused, path=request.url.path, language=_language(request))


async def _field(request: Request, error: Exception) -> Response:
    assert isinstance(error, FieldError)  # noqa: S101 - registered for this class
    expected = error.zh if _language(request) == "zh-CN" and error.zh else error.expected
    field = FieldProblem(field=error.field, value=_shown(error.field, error.value), expected=expected)
    return _refused(request, [field])


async def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class
    fields = []
    for item in error.errors()[:_MOST_FIELDS]:
        name = _shortened(".".join(str(part) for part in item["loc"]), _NAME_CHARS)
        value = "missing" if item["type"] == "missing" else _shown(name, item.get("input"))
        fields.append(FieldProblem(field=name, value=value, expected=_expected_words(item)))
    return _refused(request, fields)


def _expected_words(item: dict[str, Any]) -> str:
    context = item.get("ctx", {})
    return str(context["expected"]) if "expected" in context else str(item["msg"])


def _shown(name: str, value: object) -> str:
    """Return what was received, shortened; never a secret, nor a whole body that may hold one."""
    if any(word in name.lower() for word in _SECRET_WORDS) or isinstance(value, dict | bytes):
        return "***"
    if isinstance(value, str | list):
        value = value[: _SHOWN_CHARS + 1]
    return _shortened(repr(value), _SHOWN_CHARS)


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[:longest] + "…"


def _refused(request: Request, fields: list[FieldProblem]) -> Response:
    in_chinese = _language(request) == "zh-CN"
    said = "{0.field}：收到 {0.value}，应为 {0.expected}" if in_chinese else _SAID
    detail = ("；" if in_chinese else "; ").join(said.format(field) for field in fields)
    problem = Problem(
        type=_type("validation"),
        title="有一项填写不符合要求" if in_chinese else "A field was refused",
        status=422,
        detail=detail,
        instance=request.url.path,
        errors=fields,
    )
    return _response(problem)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    if page := _page(request, error.status_code):
        page.headers.update(error.headers or {})
        return page
    problem = Problem(type="about:blank", title=error.detail, status=error.status_code, instance=request.url.path)
    return _response(problem, dict(error.headers or {}))


def _page(request: Request, status: int) -> Response | None:
    """Return an error as a page for somebody with a browser; None for a program, or when the page fails too."""
    made = getattr(request.app.state, "error_page", None)
    if made is None or request.url.path.startswith("/api/") or "text/html" not in request.headers.get("accept", ""):
        return None
    try:
        page: Response = made(request, status)
    except Exception:
        _logger.exception("the page for an error failed")
        return None
    return page


class LastResort:
    """ASGI middleware that answers what nobody expected: the log says what and where, the caller learns nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:
            if scope["type"] != "http" or begun:
                raise
            _logger.exception("%s %s failed", scope["method"], scope["path"])
            broken = ApiError("the log of the platform says more")
            page = _page(Request(scope), broken.status)
            await (page or problem_response(broken, path=scope["path"]))(scope, receive, send)
