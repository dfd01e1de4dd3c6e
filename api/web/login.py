"""Logging in and out, and where everybody starts."""

from __future__ import annotations

import math
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from anhu.contract.errors import FieldError
from api.context import Book, CurrentViewer
from api.errors import ApiError, ConflictError, ForbiddenError, TooManyRequestsError, UnauthenticatedError
from api.first_admin import FirstAdmin, make_first_admin
from api.logging_in import Attempt, attempt_of, log_in
from api.minute_book import MinuteBook
from api.security.cookies import cookie_name, delete_session_cookie, set_login_cookies
from api.security.roles import Permission, Viewer
from api.services import first_run
from api.services.login import log_out
from api.web.site import Site

_THIS_MACHINE = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the start, login and logout."""
    deps = site.deps

    @pages.get("/")
    def start(viewer: CurrentViewer) -> Response:
        return RedirectResponse(start_of(viewer), status_code=303)

    @pages.get("/login")
    def show_login(request: Request, following: str = "") -> Response:
        return _form(site, request, own_path(request.query_params.get("next", following)))

    @pages.post("/login")
    async def submit_login(
        request: Request,
        book: Book,
        *,
        login: Annotated[str, Form(max_length=64)],
        password: Annotated[str, Form(max_length=200)],
        following: Annotated[str, Form(alias="next")] = "",
        code: Annotated[str, Form(max_length=64)] = "",
    ) -> Response:
        _refuse_other_sites(request)
        attempt = attempt_of(request, deps, login.strip(), password)
        if code and (why := await _first_admin(site, request, book, attempt, code)):
            return _form(site, request, "", login=login, failure=why, status=403)
        try:
            session = await log_in(deps, book, attempt)
        except (UnauthenticatedError, TooManyRequestsError) as error:
            return _refused(site, request, own_path(following), login, error)
        start = own_path(following) or start_of(session.viewer, is_first=bool(code))
        response = RedirectResponse(start, status_code=303)
        set_login_cookies(response, deps, session)
        return response

    @pages.post("/logout")
    def submit_logout(request: Request, viewer: CurrentViewer) -> Response:
        log_out(deps, viewer, token=request.cookies.get(cookie_name(deps), ""))
        response = RedirectResponse("/login", status_code=303)
        delete_session_cookie(response, deps)
        return response


def _refuse_other_sites(request: Request) -> None:
    if is_from_elsewhere(request):
        raise ForbiddenError("another site may not log you in")


def is_from_elsewhere(request: Request) -> bool:
    """Tell whether another site has the browser ask this."""
    return request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}


async def _first_admin(site: Site, request: Request, book: MinuteBook, attempt: Attempt, code: str) -> str:
    """Make the first administrator; return why not."""
    word = site.wording(request)
    given = FirstAdmin(code, attempt.name, attempt.password, word.language, attempt.address)
    try:
        await make_first_admin(site.deps, book, given)
    except ConflictError:
        return word.t("login.first_over")
    except ForbiddenError:
        return word.t("login.first_wrong_code")
    except FieldError as error:
        return word.t("login.first_weak") if error.field == "password" else word.t("login.first_name")
    except TooManyRequestsError as error:
        return word.t("login.wait", seconds=max(1, math.ceil(error.retry_after_s or 1)))
    return ""


def _refused(site: Site, request: Request, following: str, login: str, error: ApiError) -> Response:
    word = site.wording(request)
    wait_s = error.retry_after_s
    failure = word.t("login.failed") if wait_s is None else word.t("login.wait", seconds=max(1, math.ceil(wait_s)))
    response = _form(site, request, following, login=login, failure=failure, status=error.status)
    if wait_s is not None:
        response.headers["Retry-After"] = str(max(1, math.ceil(wait_s)))
    return response


def _form(
    site: Site, request: Request, following: str, *, login: str = "", failure: str = "", status: int = 200
) -> Response:
    values: dict[str, Any] = {
        "next": following,
        "login": login,
        "failure": failure,
        "changed": bool(request.query_params.get("changed")) and not failure,
        "demo": site.deps.demo,
        "clear": _in_the_clear(site, request),
        "first": first_run.is_open(site.deps),
        "provider": _provider(site, request),
        "code_file": site.deps.setup_code.path.name if site.deps.setup_code else "",
    }
    return site.page(request, "login.html", status=status, **values)


def _provider(site: Site, request: Request) -> dict[str, Any] | None:
    """Return what the page says of the provider of logins; None: there is none."""
    door = site.deps.oidc
    if door is None:
        return None
    return {
        "name": door.config.name,
        "down": door.down_since_ms is not None or request.query_params.get("provider") == "down",
        "for_all": "all" in door.config.passwords,
    }


def _in_the_clear(site: Site, request: Request) -> bool:
    """Tell whether the password would cross a network unencrypted."""
    return not site.deps.cookie_secure and (request.url.hostname or "") not in _THIS_MACHINE


def start_of(viewer: Viewer, *, is_first: bool = False) -> str:
    """Return where somebody starts who was on the way to nowhere."""
    if is_first:
        return "/admin/start"
    if viewer.may(Permission.RESPOND):
        return "/desk"
    return "/residents" if viewer.may(Permission.READ_HEALTH) else "/devices"


def own_path(path: str) -> str:
    """Return the path when it is one of ours; another site's address leads nowhere."""
    ours = (
        path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable() and path != "/"
    )
    return path if ours else ""
