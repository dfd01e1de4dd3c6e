"""The session cookie: not readable by scripts; from other sites it comes only with a link that is followed.

A link in a message must open its alarm, so the cookie is ``Lax``; every write repeats the CSRF token besides.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from anhu.contract.clock import SECOND_MS
from api.dependencies import Dependencies
from api.security.logged_in import BROWSER_MS, LoggedIn


def cookie_name(deps: Dependencies) -> str:
    """Return the session cookie's name; ``__Host-`` pins it to this host and HTTPS."""
    return "__Host-anhu_session" if deps.cookie_secure else "anhu_session"


def browser_cookie_name(deps: Dependencies) -> str:
    """Return the name of the cookie by which a browser is known at its next login."""
    return "__Host-anhu_browser" if deps.cookie_secure else "anhu_browser"


WALL_PATH = "/desk/wall"


def wall_cookie_name(deps: Dependencies) -> str:
    """Return the name of the cookie of a wall screen, which goes nowhere else."""
    return "__Secure-anhu_wall" if deps.cookie_secure else "anhu_wall"


def ticket_names(request: Request, deps: Dependencies) -> dict[str, str]:
    """Return the tickets that a browser keeps of logins it has begun, the oldest first: suffix -> ticket."""
    start = _ticket_name(deps, "")
    return {name.removeprefix(start): kept for name, kept in request.cookies.items() if name.startswith(start)}


def set_ticket(response: Response, deps: Dependencies, suffix: str, ticket: str, *, lasts_ms: int) -> None:
    """Let a browser keep the ticket of a login by the provider; it comes back with a link, so it is ``Lax``. [ms]."""
    _set(response, deps, _ticket_name(deps, suffix), ticket, lasts_ms // SECOND_MS)


def delete_ticket(response: Response, deps: Dependencies, suffix: str) -> None:
    """Take a ticket back."""
    _delete(response, deps, _ticket_name(deps, suffix))


def _ticket_name(deps: Dependencies, suffix: str) -> str:
    return f"__Host-anhu_oidc_{suffix}" if deps.cookie_secure else f"anhu_oidc_{suffix}"


def set_wall_cookie(response: Response, deps: Dependencies, token: str, *, lasts_s: int) -> None:
    """Make a browser a wall screen; what it may see it may see there only."""
    response.set_cookie(
        wall_cookie_name(deps),
        token,
        max_age=lasts_s,
        path=WALL_PATH,
        secure=deps.cookie_secure,
        httponly=True,
        samesite="strict",
    )


def set_login_cookies(response: Response, deps: Dependencies, session: LoggedIn) -> None:
    """Hand a fresh session to the browser, and by what it is known next time."""
    _set(response, deps, cookie_name(deps), session.token, (session.expires_at_ms - deps.clock.now_ms()) // SECOND_MS)
    if session.browser:
        _set(response, deps, browser_cookie_name(deps), session.browser, BROWSER_MS // SECOND_MS)


def _set(response: Response, deps: Dependencies, name: str, value: str, max_age_s: int) -> None:
    response.set_cookie(
        name,
        value,
        max_age=max_age_s,
        path="/",
        secure=deps.cookie_secure,
        httponly=True,
        samesite="lax",
    )


def set_renewed_cookie(response: Response, deps: Dependencies, token: str, *, expires_at_ms: int) -> None:
    """Let the browser keep a session as long as it now lasts. [ms]."""
    _set(response, deps, cookie_name(deps), token, (expires_at_ms - deps.clock.now_ms()) // SECOND_MS)


def delete_session_cookie(response: Response, deps: Dependencies) -> None:
    """Take it back."""
    _delete(response, deps, cookie_name(deps))


def _delete(response: Response, deps: Dependencies, name: str) -> None:
    response.delete_cookie(name, path="/", secure=deps.cookie_secure, httponly=True, samesite="lax")
