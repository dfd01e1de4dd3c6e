"""One's own browsers: told of alarms while no page is open."""

from __future__ import annotations

from fastapi import APIRouter

from api.context import CurrentViewer, Deps
from api.schemas.browsers import BrowsersView, BrowserView, NewBrowser
from api.services import browsers

router = APIRouter(tags=["users"])


@router.get("/me/browsers", summary="List one's own browsers")
def list_browsers(deps: Deps, viewer: CurrentViewer) -> BrowsersView:
    """Return the caller's browsers, and the key with which another one subscribes."""
    return browsers.list_browsers(deps, viewer)


@router.post("/me/browsers", status_code=201, summary="Be told in this browser")
def enter_browser(deps: Deps, viewer: CurrentViewer, given: NewBrowser) -> BrowserView:
    """Enter a browser's push subscription; the same one again renews it."""
    return browsers.enter_browser(deps, viewer, given)


@router.post("/me/browsers/{browser_id}/leave", status_code=204, summary="Be told there no more")
def leave_browser(deps: Deps, viewer: CurrentViewer, browser_id: str) -> None:
    """Send nothing more to one of the caller's browsers."""
    browsers.leave_browser(deps, viewer, browser_id)
