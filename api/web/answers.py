"""The page behind a message's link: what it is about, who has answered, and three buttons. To look changes nothing.

Programs that preview or scan messages fetch every link; only a button that was pressed answers. It needs no script and
little of a line, and speaks the contact's language.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request, Response

from alerts.episodes.lifecycle import MOST_MINUTES, Wanted
from api.errors import TooManyRequestsError
from api.services import answers
from api.services.answers import AnswerPage
from api.web.site import LANGUAGE_COOKIE, Site

_MINUTES = (5, 10, 20, 30, 60)
_Token = Annotated[str, Path(max_length=64)]


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the page of a link."""
    deps = site.deps

    @pages.get("/a/{token}")
    def show_question(request: Request, token: _Token) -> Response:
        return _guarded(site, request, token, lambda: answers.look(deps, token, address=_address(request)))

    @pages.post("/a/{token}")
    def submit_answer(
        request: Request,
        token: _Token,
        what: Annotated[Wanted, Form()],
        minutes: Annotated[int | None, Form(ge=0, le=MOST_MINUTES)] = None,
    ) -> Response:
        became: list[str | None] = []

        def answered() -> AnswerPage | None:
            coming = minutes if what is Wanted.ON_THE_WAY else None
            became.append(answers.say(deps, token, what, minutes=coming, address=_address(request)))
            return answers.look(deps, token, address=_address(request))

        response = _guarded(site, request, token, answered)
        response.headers["Anhu-Answer"] = (became and became[0]) or "none"  # for a button that shows no page
        return response


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _guarded(site: Site, request: Request, token: str, ask: Callable[[], AnswerPage | None]) -> Response:
    """Answer, unless the address tries link after link that there is not."""
    links, now_ms = site.deps.links, site.deps.clock.now_ms()
    try:
        links.check(_address(request), now_ms)
    except TooManyRequestsError as error:
        response = _page(site, request, token, None, status=error.status)
        response.headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_s or 1)))
        return response
    page = ask()
    if page is None:
        links.note(_address(request), now_ms)
    return _page(site, request, token, page, status=200 if page else 404)


def _page(site: Site, request: Request, token: str, page: AnswerPage | None, *, status: int) -> Response:
    language = page.language if page and not request.cookies.get(LANGUAGE_COOKIE) else ""
    response = site.page(
        request,
        "answer.html",
        status=status,
        zone=page.zone if page else "",
        language=language,
        path=f"/a/{token}" if page else "",
        asked=page,
        minutes=_MINUTES,
    )
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
