"""Changing one's own password: with the present one, by rules that are shown before."""

from __future__ import annotations

import math

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from anhu.contract.errors import FieldError
from api.context import Book, CurrentViewer
from api.errors import ForbiddenError, TooManyRequestsError
from api.logging_in import attempt_of, change_own_password
from api.security.cookies import cookie_name
from api.security.passwords import check_twice
from api.security.roles import require_session
from api.web.admin.forms import Fields, Form
from api.web.site import Site


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the page."""

    @pages.get("/account/password")
    def show_password(request: Request, viewer: CurrentViewer) -> Response:
        return site.page(request, "account_password.html", form=Form(), must=viewer.must_change_password)

    @pages.post("/account/password")
    async def change(request: Request, viewer: CurrentViewer, book: Book, fields: Fields) -> Response:
        require_session(viewer)
        word = site.wording(request)
        attempt = attempt_of(request, site.deps, viewer.login, fields.get("present", ""))
        new = fields.get("password", "")
        token = request.cookies.get(cookie_name(site.deps), "")
        wrong = {}
        try:
            check_twice(new, fields.get("again", ""))
            _check_other(new, fields.get("present", ""))
            await change_own_password(site.deps, book, viewer, attempt, new=new, token=token)
        except FieldError as error:
            said = {"again": word.t("account.not_same"), "same": word.t("account.same_again")}
            place = "again" if error.field == "again" else "password"
            wrong = {place: said.get(error.field, word.t("login.first_weak"))}
        except ForbiddenError:
            wrong = {"present": word.t("account.wrong_present")}
        except TooManyRequestsError as error:
            wrong = {"present": word.t("login.wait", seconds=max(1, math.ceil(error.retry_after_s or 1)))}
        if wrong:
            must = viewer.must_change_password
            return site.page(request, "account_password.html", status=422, form=Form({}, wrong), must=must)
        return RedirectResponse("/account?done=password", status_code=303)


def _check_other(new: str, present: str) -> None:
    """Raise `FieldError` when nothing would change: a one-time password is known to who handed it over."""
    if new == present:
        raise FieldError("same", "", "another than the present one")
