"""A new password for who has forgotten the old one: asked for by name, set by the mailed link."""

from __future__ import annotations

import math
from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from anhu.contract.errors import FieldError
from anhu.contract.proxies import address_group
from api.errors import ConflictError, ForbiddenError, TooManyRequestsError
from api.security.passwords import check_password, check_twice, hash_password
from api.services import forgotten_passwords
from api.web.site import Site

_HERE = frozenset({"same-origin", "none"})


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the two pages."""
    _add_asking(pages, site)
    _add_setting(pages, site)


def _add_asking(pages: APIRouter, site: Site) -> None:
    deps = site.deps

    @pages.get("/forgot-password")
    def show_asking(request: Request) -> Response:
        return _asking(site, request)

    @pages.post("/forgot-password")
    async def ask(request: Request, *, login: Annotated[str, Form(max_length=64)]) -> Response:
        _refuse_other_sites(request)
        if not _can_mail(site):
            return _asking(site, request, status=409)
        address = request.client.host if request.client else ""
        wait_s = deps.mails.wait_s(address_group(address), deps.clock.now_ms())
        if wait_s > 0:
            failure = site.wording(request).t("login.wait", seconds=max(1, math.ceil(wait_s)))
            response = _asking(site, request, failure=failure, status=429)
            response.headers["Retry-After"] = str(max(1, math.ceil(wait_s)))
            return response
        mailing = partial(forgotten_passwords.mail_link, deps, name=login.strip(), address=address)
        deps.mails.later(partial(to_thread.run_sync, mailing))
        return _asking(site, request, asked=True)


def _add_setting(pages: APIRouter, site: Site) -> None:
    deps = site.deps

    @pages.get("/reset")
    def show_setting(request: Request, token: Annotated[str, Query(max_length=100)] = "") -> Response:
        return _setting(site, request, token)

    @pages.post("/reset")
    async def set_password(
        request: Request,
        *,
        token: Annotated[str, Form(max_length=100)],
        password: Annotated[str, Form(max_length=200)],
        again: Annotated[str, Form(max_length=200)],
    ) -> Response:
        _refuse_other_sites(request)
        word = site.wording(request)
        login = await to_thread.run_sync(forgotten_passwords.login_of_link, deps, token)
        if not login:
            return _setting(site, request, token, status=409)
        address = request.client.host if request.client else ""
        try:
            check_twice(password, again)
            check_password(password, login=login)
            whose = address_group(address)
            hashed = await deps.logins.run(partial(hash_password, password), whose=whose, known=False)
            setting = partial(forgotten_passwords.set_by_link, deps, token=token, hashed=hashed, address=address)
            await to_thread.run_sync(setting)
        except FieldError as error:
            wrong = {error.field: word.t("account.not_same" if error.field == "again" else "login.first_weak")}
            return _setting(site, request, token, errors=wrong, status=422)
        except TooManyRequestsError as error:
            wrong = {"": word.t("login.wait", seconds=max(1, math.ceil(error.retry_after_s or 1)))}
            return _setting(site, request, token, errors=wrong, status=429)
        except ConflictError:
            return _setting(site, request, token, status=409)
        return RedirectResponse("/login?changed=1", status_code=303)


def _refuse_other_sites(request: Request) -> None:
    if request.headers.get("sec-fetch-site", "same-origin") not in _HERE:
        raise ForbiddenError("another site may not do this")


def _can_mail(site: Site) -> bool:
    return bool(forgotten_passwords.mail_channels(site.deps) and site.deps.public_url)


def _asking(site: Site, request: Request, *, asked: bool = False, failure: str = "", status: int = 200) -> Response:
    can_mail = _can_mail(site)
    return site.page(request, "forgotten.html", status=status, asked=asked, failure=failure, can_mail=can_mail)


def _setting(
    site: Site, request: Request, token: str, *, errors: dict[str, str] | None = None, status: int = 200
) -> Response:
    login = forgotten_passwords.login_of_link(site.deps, token) if token else ""
    return site.page(request, "reset.html", status=status, token=token, login=login, errors=errors or {})
