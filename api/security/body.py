"""Request bodies: bounded, and readable before the application reads them."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import Message, Receive

from api.errors import ApiError

MAX_BODY_BYTES = 65_536
MAX_LOGIN_BYTES = 4_096
MAX_SHEET_BYTES = 32 * 2**20
_SHEETS = "/api/v1/imports/"
_DIGITS = 20
_LOGINS = frozenset({"/login", "/api/v1/login", "/api/v1/me/password", "/forgot-password", "/reset"})


class BodyTooLargeError(ApiError):
    """The request is larger than anything the API takes."""

    status = 413
    code = "too-large"
    title = "Request too large"


def limited(receive: Receive, headers: Headers, path: str) -> Receive:
    """Return a `receive` that stops at the most a path takes; raises at once when the request announces more."""
    most = _most(path)
    announced = headers.get("content-length", "0")
    if not (announced.isascii() and announced.isdigit() and len(announced) < _DIGITS and int(announced) <= most):
        raise BodyTooLargeError(f"at most {most} bytes")
    left = most

    async def counted() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise BodyTooLargeError(f"at most {most} bytes")
        return message

    return counted


def _most(path: str) -> int:
    if path in _LOGINS:
        return MAX_LOGIN_BYTES
    return MAX_SHEET_BYTES if path.startswith(_SHEETS) else MAX_BODY_BYTES


async def read_body(receive: Receive) -> bytes:
    """Read the whole body."""
    parts = []
    more = True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def replayed(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that says the body again, then goes on."""
    said = False

    async def again() -> Message:
        nonlocal said
        if said:
            return await receive()
        said = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
