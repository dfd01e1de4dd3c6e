"""How much waits on pages that nobody opens without a reason: counted in the menu."""

from __future__ import annotations

from collections.abc import Mapping

from api.dependencies import Dependencies
from api.security.roles import Viewer
from api.services.quarantine import count_strangers
from api.services.unassigned import count_unassigned


def waiting_for(deps: Dependencies, viewer: Viewer) -> Mapping[str, int]:
    """Return entry of the menu -> how much waits there for this viewer; what is empty is left out."""
    counts = {"quarantine": count_strangers(deps, viewer), "unassigned": count_unassigned(deps, viewer)}
    return {name: count for name, count in counts.items() if count}
