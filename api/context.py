"""What every route takes from its request: the dependencies, and who is asking."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from anhu.contract.clock import from_rfc3339
from anhu.contract.errors import FieldError
from api.dependencies import Dependencies
from api.errors import UnauthenticatedError
from api.minute_book import MinuteBook
from api.security.roles import Viewer

_bearer = HTTPBearer(auto_error=False, description="An API token.")  # documents it; the gate has checked it


async def _dependencies(request: Request) -> Dependencies:
    deps: Dependencies = request.app.state.deps
    return deps


async def _viewer(
    request: Request,
    _token: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)] = None,
) -> Viewer:
    viewer: Viewer | None = request.state.viewer
    if viewer is None:
        raise UnauthenticatedError
    return viewer


async def _book(request: Request) -> MinuteBook:
    book: MinuteBook = request.app.state.book
    return book


Book = Annotated[MinuteBook, Depends(_book)]
Deps = Annotated[Dependencies, Depends(_dependencies)]
CurrentViewer = Annotated[Viewer, Depends(_viewer)]

_LONGEST_TIME = 64
_YEAR_3000_MS = 32_503_680_000_000
_TIME = Query(description="RFC 3339 with a zone.", examples=["2026-11-23T00:00:00Z"])


def _since(since: Annotated[str | None, _TIME] = None) -> int | None:
    return None if since is None else _moment(since, "query.since")


def _until(until: Annotated[str | None, _TIME] = None) -> int | None:
    return None if until is None else _moment(until, "query.until")


def _moment(text: str, field: str) -> int:
    """Return a time that calendars and databases can do sums with. [ms]."""
    expected = "a time between the years 1970 and 2999"
    try:
        at_ms = from_rfc3339(text[:_LONGEST_TIME], field=field)
    except (OverflowError, OSError):
        raise FieldError(field, text, expected) from None
    if not 0 <= at_ms < _YEAR_3000_MS:
        raise FieldError(field, text, expected)
    return at_ms


Since = Annotated[int | None, Depends(_since)]
Until = Annotated[int | None, Depends(_until)]
Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]
Cursor = Annotated[str, Query(max_length=300, description="`next_cursor` of the page before.")]
