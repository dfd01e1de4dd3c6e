"""How much waits on pages that nobody opens without a reason: counted in the menu of those who can do something."""

from __future__ import annotations

from collections.abc import Mapping

from anhu.contract.clock import SECOND_MS
from api.dependencies import Dependencies
from api.security.roles import Permission, Viewer
from api.services.quarantine import count_strangers
from api.services.unassigned import count_unassigned

_FOR_MS = 15 * SECOND_MS
"""How long a desk's page may show an old count: it has no time to count each time. [ms]"""
_MOST = 5_000


def waiting_for(deps: Dependencies, viewer: Viewer) -> Mapping[str, int]:
    """Return entry of the menu -> how much waits there for this viewer; what is empty is left out."""
    counts = {"quarantine": count_strangers(deps, viewer), "unassigned": count_unassigned(deps, viewer)}
    return {name: count for name, count in counts.items() if count}


class Waiting:
    """Remembers the counts of each viewer for a while."""

    def __init__(self, deps: Dependencies) -> None:
        self._deps = deps
        self._known: dict[str, tuple[int, Mapping[str, int]]] = {}

    def of(self, viewer: Viewer, *, fresh: bool) -> Mapping[str, int]:
        """Return what waits for a viewer; `fresh` where they may just have done something about it."""
        if not (viewer.may(Permission.RESPOND) or viewer.may(Permission.MANAGE_PRODUCTS)):
            return {}
        now_ms = self._deps.clock.now_ms()
        known = self._known.get(viewer.user_id)
        if known is not None and not fresh and 0 <= now_ms - known[0] < _FOR_MS:
            return known[1]
        if viewer.user_id not in self._known and len(self._known) >= _MOST:
            del self._known[next(iter(self._known))]
        counts = waiting_for(self._deps, viewer)
        self._known[viewer.user_id] = (now_ms, counts)
        return counts
