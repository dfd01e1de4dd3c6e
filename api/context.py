"""What every route takes from its request: the dependencies, and who is asking."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from anhu.contract.clock import from_rfc3339
from api.dependencies import Dependencies
from api.errors import UnauthenticatedError
from api.security.roles import Viewer

_bearer = HTTPBearer(auto_error=False, description="An API token.")  # documents it; the gate has checked it


def _dependencies(request: Request) -> Dependencies:
    deps: Dependencies = request.app.state.deps
    return deps


def _viewer(
    request: Request,
    _token: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)] = None,
) -> Viewer:
    viewer: Viewer | None = request.state.viewer
    if viewer is None:
        raise UnauthenticatedError
    return viewer


Deps = Annotated[Dependencies, Depends(_dependencies)]
CurrentViewer = Annotated[Viewer, Depends(_viewer)]

_TIME = Query(description="RFC 3339 with a zone.", examples=["2026-11-23T00:00:00Z"])


def _since(since: Annotated[str | None, _TIME] = None) -> int | None:
    return None if since is None else from_rfc3339(since, field="query.since")


def _until(until: Annotated[str | None, _TIME] = None) -> int | None:
    return None if until is None else from_rfc3339(until, field="query.until")


Since = Annotated[int | None, Depends(_since)]
Until = Annotated[int | None, Depends(_until)]
Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]
Cursor = Annotated[str, Query(max_length=300, description="`next_cursor` of the page before.")]
