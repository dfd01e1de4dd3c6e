"""The wall screen: a page for a whole room, readable from five metres, with nothing to click."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from anhu.contract.clock import SECOND_MS
from api.context import CurrentViewer
from api.schemas.wall import WallCall, WallDuty
from api.security.cookies import WALL_PATH, cookie_name, delete_session_cookie, set_wall_cookie
from api.security.roles import Permission, require
from api.services.platform import parts_down
from api.services.wall import WALL_MS, read_wall, start_wall
from api.web.buildings import building_of
from api.web.site import Site
from api.web.wording import Wording

LEVELS = ("high", "medium", "low")


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the screen, its state, and how a browser becomes one."""
    deps = site.deps

    @pages.get(WALL_PATH)
    def show_wall(request: Request, viewer: CurrentViewer) -> Response:
        require(viewer, Permission.READ_PLATFORM)
        return site.page(request, "wall.html", may_start=bool(viewer.csrf), levels=LEVELS)

    @pages.get(f"{WALL_PATH}/state.json")
    def show_state(request: Request, viewer: CurrentViewer) -> Response:
        wording, wall = site.wording(request), read_wall(deps, viewer)
        said: dict[str, object] = {
            "now_ms": wording.now_ms,
            "release": site.release,
            "waiting": {level: wall.waiting.get(level, 0) for level in LEVELS},
            "answered": {level: wall.answered.get(level, 0) for level in LEVELS},
            "practice": wording.t("wall.practice", count=wall.practice) if wall.practice else "",
            "oldest": [_line(call, wording) for call in wall.oldest],
            "newest": _line(wall.newest, wording) if wall.newest else None,
            "on_duty": wording.t("budget.between").join(_named(one, wording) for one in wall.on_duty),
            "is_answered": any(one.is_here for one in wall.on_duty),
            "down": [wording.t(f"desk.down_{part}") for part in parts_down(deps)],
            "watches_anybody": wall.watches_anybody,
        }
        return JSONResponse(said)

    @pages.post(f"{WALL_PATH}/start")
    def start(request: Request, viewer: CurrentViewer) -> Response:
        token = start_wall(deps, viewer, session_token=request.cookies.get(cookie_name(deps), ""))
        response = RedirectResponse(WALL_PATH, status_code=303)
        delete_session_cookie(response, deps)
        set_wall_cookie(response, deps, token, lasts_s=WALL_MS // SECOND_MS)
        return response


def _named(one: WallDuty, wording: Wording) -> str:
    return one.name if one.is_here else wording.t("wall.not_here", name=one.name)


def _line(call: WallCall, wording: Wording) -> dict[str, object]:
    return {
        "priority": call.priority,
        "word": wording.t(f"priority.{call.priority}"),
        "kind": wording.kind(call.kind),
        "place": " · ".join(filter(None, (building_of(call.address), call.name))),
        "started_at_ms": call.started_at_ms,
    }
