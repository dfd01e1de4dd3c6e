"""The session cookie: not readable by scripts; from other sites it comes only with a link that is followed.

A link in a message must open its alarm, so the cookie is ``Lax``; every write repeats the CSRF token besides.
"""

from __future__ import annotations

from starlette.responses import Response

from anhu.contract.clock import SECOND_MS
from api.dependencies import Dependencies


def cookie_name(deps: Dependencies) -> str:
    """Return the session cookie's name; ``__Host-`` pins it to this host and HTTPS."""
    return "__Host-anhu_session" if deps.cookie_secure else "anhu_session"


def set_session_cookie(response: Response, deps: Dependencies, token: str, *, expires_at_ms: int) -> None:
    """Hand a fresh session to the browser."""
    response.set_cookie(
        cookie_name(deps),
        token,
        max_age=(expires_at_ms - deps.clock.now_ms()) // SECOND_MS,
        path="/",
        secure=deps.cookie_secure,
        httponly=True,
        samesite="lax",
    )


def delete_session_cookie(response: Response, deps: Dependencies) -> None:
    """Take it back."""
    response.delete_cookie(cookie_name(deps), path="/", secure=deps.cookie_secure, httponly=True, samesite="lax")
