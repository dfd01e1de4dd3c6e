"""Log in, log out, who am I."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.context import Book, CurrentViewer, Deps
from api.errors import ForbiddenError
from api.logging_in import attempt_of, change_own_password, log_in
from api.schemas.login import Login, Me, OwnPassword
from api.security.cookies import cookie_name, delete_session_cookie, set_login_cookies
from api.security.roles import require_session
from api.services.login import log_out, whoami

router = APIRouter(tags=["login"])


@router.post("/login", summary="Start a session")
async def login(given: Login, request: Request, response: Response, deps: Deps, book: Book) -> Me:
    """Set the session cookie. Writes must then repeat `csrf` in the header `X-CSRF-Token`."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise ForbiddenError("another site may not log you in")
    session = await log_in(deps, book, attempt_of(request, deps, given.login, given.password.get_secret_value()))
    set_login_cookies(response, deps, session)
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


@router.post("/me/password", status_code=204, summary="Change one's own password")
async def change_password(given: OwnPassword, request: Request, deps: Deps, viewer: CurrentViewer, book: Book) -> None:
    """Set a new password; it ends all other sessions, every API token, and what other browsers are known by."""
    require_session(viewer)
    attempt = attempt_of(request, deps, viewer.login, given.present.get_secret_value())
    token = request.cookies.get(cookie_name(deps), "")
    await change_own_password(deps, book, viewer, attempt, new=given.new.get_secret_value(), token=token)
