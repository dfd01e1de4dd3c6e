"""Smaller answers: static files, the parts that pages fetch again and again, and their numbers.

Not a page that carries the session's CSRF token: where a secret and something a stranger chose are packed together,
the length tells about the secret. Nor a stream, whose lines must go out at once.
"""

from __future__ import annotations

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

_PARTS = ("/static/", "/desk/queue", "/desk/alerts/")
_LEAST_BYTES = 800
_LEVEL = 4


def is_packed(path: str) -> bool:
    """Tell whether the answer of a path may be packed."""
    return path.startswith(_PARTS) or (path.endswith(".json") and not path.startswith("/api/"))


class Compression:
    """ASGI middleware that packs what holds no secret."""

    def __init__(self, app: ASGIApp) -> None:
        self._plain = app
        self._packed = GZipMiddleware(app, minimum_size=_LEAST_BYTES, compresslevel=_LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        packs = scope["type"] == "http" and is_packed(scope["path"])
        await (self._packed if packs else self._plain)(scope, receive, send)
