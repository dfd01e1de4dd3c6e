"""Logging in by the provider: leaving for it, coming back, linking one's account; and what it says of an end."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from api.context import Book, CurrentViewer
from api.errors import ApiError, NotFoundError
from api.logging_in import attempt_of, check_present_password
from api.oidc.config import LANDING, LEAVING
from api.oidc.door import Leave, OidcDoor
from api.oidc.errors import OidcError, ProviderDownError
from api.oidc.ticket import LASTS_MS, MOST_TICKETS, cookie_suffix
from api.oidc_login import arrive, hear_of_an_end, link_word
from api.security.cookies import cookie_name, delete_ticket, set_login_cookies, set_ticket, ticket_names
from api.security.roles import require_session
from api.web.login import is_from_elsewhere, own_path, start_of
from api.web.site import Site

LEAVE = "/login/oidc"
_KNOWN = ("denied", "no_role", "disabled", "last_admin", "kept_named", "clock", "state", "used", "linked")
_AGAIN = frozenset({"state", "used"})
_LONGEST_ANSWER = 8_192


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add leaving, coming back and linking."""
    _add_leaving(pages, site)
    _add_landing(pages, site)
    _add_link(pages, site)

    @pages.post(LEAVING, include_in_schema=False)
    async def end_by_provider(request: Request, logout_token: Annotated[str, Form(max_length=65_536)] = "") -> Response:
        address = request.client.host if request.client else ""
        try:
            await hear_of_an_end(site.deps, _door(site), logout_token, address=address)
        except ProviderDownError:
            return JSONResponse({"error": "temporarily_unavailable"}, status_code=503)
        except OidcError:
            return JSONResponse({"error": "invalid_request"}, status_code=400)
        return Response(status_code=200)


def _add_leaving(pages: APIRouter, site: Site) -> None:
    @pages.get(LEAVE)
    async def leave_for_provider(request: Request, here: str = "") -> Response:
        door, following = _door(site), own_path(request.query_params.get("next", ""))
        if is_from_elsewhere(request):
            return RedirectResponse("/login", status_code=303)
        if not here and (elsewhere := _our_own_host(request, door)):
            return RedirectResponse(f"{elsewhere}{LEAVE}?here=1&next={quote(following)}", status_code=303)
        try:
            leave = await door.leave(following=following)
        except ProviderDownError:
            return RedirectResponse(f"/login?provider=down&next={quote(following)}", status_code=303)
        response = RedirectResponse(leave.url, status_code=303)
        _keep(site, request, response, leave)
        return response


def _add_landing(pages: APIRouter, site: Site) -> None:
    deps = site.deps

    @pages.get(LANDING)
    async def come_back(request: Request, book: Book) -> Response:
        door, viewer = _door(site), request.state.viewer
        answer = _answer(request)
        suffix = cookie_suffix(answer.get("state", ""))
        kept = ticket_names(request, deps).get(suffix, "")
        if not kept and viewer is not None:  # the back button: nothing is done, and nobody is logged out
            return RedirectResponse(start_of(viewer), status_code=303)
        try:
            came = await arrive(
                deps,
                door,
                book,
                kept=kept,
                answer=answer,
                attempt=attempt_of(request, deps, "", ""),
                viewer=viewer,
                token=request.cookies.get(cookie_name(deps), ""),
            )
        except OidcError as error:
            response = _refused(site, request, error)
        else:
            to = came.following or start_of(came.opened.viewer if came.opened else viewer)
            response = RedirectResponse(to, status_code=303)
            if came.opened is not None:
                set_login_cookies(response, deps, came.opened)
        if kept:
            delete_ticket(response, deps, suffix)
        return response


def _add_link(pages: APIRouter, site: Site) -> None:
    @pages.post("/account/oidc/link")
    async def link_own(
        request: Request, viewer: CurrentViewer, book: Book, present: Annotated[str, Form(max_length=200)] = ""
    ) -> Response:
        require_session(viewer)
        door = _door(site)
        try:
            await check_present_password(site.deps, book, attempt_of(request, site.deps, viewer.login, present))
            word = link_word(viewer, request.cookies.get(cookie_name(site.deps), ""))
            leave = await door.leave(following="", link=word)
        except ProviderDownError:
            return _link_page(site, request, "", problem="oidc.down", status=503)
        except ApiError as error:
            is_wrong = error.status == 403  # noqa: PLR2004 - HTTP's
            problem = "account.wrong_present" if is_wrong else "oidc_link.later"
            return _link_page(site, request, "", problem=problem, status=error.status)
        response = _link_page(site, request, leave.url)  # browsers follow no form to another site (CSP form-action)
        _keep(site, request, response, leave)
        return response


def _link_page(site: Site, request: Request, url: str, *, problem: str = "", status: int = 200) -> Response:
    name = _door(site).config.name
    return site.page(request, "oidc_link.html", status=status, url=url, problem=problem, provider=name)


def _refused(site: Site, request: Request, error: OidcError) -> Response:
    door = _door(site)
    if isinstance(error, ProviderDownError):
        return RedirectResponse("/login?provider=down", status_code=303)
    reason = error.reason if error.reason in _KNOWN else "other"
    return site.page(
        request,
        "oidc_refused.html",
        status=error.status,
        reason=reason,
        again=reason in _AGAIN,
        provider=door.config.name,
        whom=door.config.help,
        code=error.reason,
    )


def _keep(site: Site, request: Request, response: Response, leave: Leave) -> None:
    """Hand the ticket to the browser; of many begun logins it keeps the newest."""
    begun = list(ticket_names(request, site.deps))
    for suffix in begun[: max(0, len(begun) - MOST_TICKETS + 1)]:
        delete_ticket(response, site.deps, suffix)
    set_ticket(response, site.deps, cookie_suffix(leave.state), leave.kept, lasts_ms=LASTS_MS)


def _answer(request: Request) -> dict[str, str]:
    """Return what the provider answers; a name that comes twice counts as not said."""
    if len(request.url.query) > _LONGEST_ANSWER:
        return {}
    query = request.query_params
    return {name: query[name] for name in query if len(query.getlist(name)) == 1}


def _our_own_host(request: Request, door: OidcDoor) -> str:
    """Return where the cookie must be set so that it is there on coming back; empty: here."""
    ours = urlsplit(door.config.base_url)
    return door.config.base_url if ours.netloc and request.url.netloc != ours.netloc else ""


def _door(site: Site) -> OidcDoor:
    if site.deps.oidc is None:
        raise NotFoundError("no provider of logins is set up")
    return site.deps.oidc
