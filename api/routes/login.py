"""Log in, log out, who am I."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.context import CurrentViewer, Deps
from api.errors import ForbiddenError
from api.schemas.login import Login, Me
from api.security.cookies import cookie_name, delete_session_cookie, set_session_cookie
from api.services.login import log_in, log_out, whoami

router = APIRouter(tags=["login"])


@router.post("/login", summary="Start a session")
def login(given: Login, request: Request, response: Response, deps: Deps) -> Me:
    """Set the session cookie. Writes must then repeat `csrf` in the header `X-CSRF-Token`."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise ForbiddenError("another site may not log you in")
    address = request.client.host if request.client else ""
    session = log_in(deps, name=given.login, password=given.password.get_secret_value(), address=address)
    set_session_cookie(response, deps, session.token, expires_at_ms=session.expires_at_ms)
    return whoami(session.viewer)


@router.post("/logout", status_code=204, summary="End the session")
def logout(request: Request, response: Response, deps: Deps, viewer: CurrentViewer) -> None:
    """Make the session's token worthless and delete the cookie."""
    log_out(deps, viewer, token=request.cookies.get(cookie_name(deps), ""))
    delete_session_cookie(response, deps)


@router.get("/me", summary="Who am I?")
def me(viewer: CurrentViewer) -> Me:
    """Return the caller's role and what it may do."""
    return whoami(viewer)
