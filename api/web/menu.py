"""The menu at the top: one line of at most seven entries; what has no room stands on the hub, the last of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from api.security.roles import Permission, Viewer
from api.web.admin.entries import ENTRIES

HUB = "/admin"
MOST = 7
_FIRST = (
    ("desk", "/desk", frozenset({Permission.RESPOND})),
    ("residents", "/residents", frozenset({Permission.READ_HEALTH})),
    ("rota", "/rota", frozenset({Permission.RESPOND})),
    ("worklist", "/worklist", frozenset({Permission.SET_LIMITS})),
    ("messages", "/messages", frozenset({Permission.TAKE_PART})),
    ("requests", "/requests", frozenset({Permission.TAKE_PART})),
)
_LATER = tuple((one.name, one.path, one.permissions) for one in ENTRIES if one.in_menu)


class MenuItem(NamedTuple):
    """One entry.

    Attributes
    ----------
    current : str
        What ``aria-current`` says of it; empty: another page is shown.
    waiting : int
        How much waits there for somebody to look at it.
    """

    name: str
    path: str
    current: str
    waiting: int = 0


def has_hub(viewer: Viewer) -> bool:
    """Tell whether the viewer has more than fits: everybody who works here, no relative and no vendor."""
    return viewer.may(Permission.READ_PLATFORM)


def menu_of(viewer: Viewer | None, path: str, waiting: Mapping[str, int]) -> list[MenuItem]:
    """Return the entries of a viewer on a page; `waiting` is entry -> how much waits there."""
    if viewer is None:
        return []
    allowed = [
        (name, start)
        for name, start, permissions in (*_FIRST, *_LATER)
        if any(viewer.may(permission) for permission in permissions)
    ]
    if not has_hub(viewer):
        return [MenuItem(name, start, _current(start, path), waiting.get(name, 0)) for name, start in allowed[:MOST]]
    items = [MenuItem(name, start, _current(start, path), waiting.get(name, 0)) for name, start in allowed[: MOST - 1]]
    elsewhere = sum(waiting.values()) - sum(item.waiting for item in items)
    name = "admin" if viewer.may(Permission.MANAGE_PEOPLE) else "more"
    return [*items, MenuItem(name, HUB, _current_hub(items, path), elsewhere)]


def _current(start: str, path: str) -> str:
    if path == start:
        return "page"
    return "true" if path.startswith(f"{start}/") else ""


def _current_hub(items: list[MenuItem], path: str) -> str:
    """Return whether the hub, or what only it leads to, is shown."""
    if any(item.current for item in items):
        return ""
    here = [_current(start, path) for start in (HUB, *(one.path for one in ENTRIES))]
    return "page" if path == HUB else "true" * any(here)
