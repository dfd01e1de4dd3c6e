"""What would end in silence: for whoever sets the installation up."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sqlalchemy import select

from anhu.contract.words import text
from anhu.registry.contact_form import contact_flaw
from anhu.registry.database import reading
from anhu.registry.gaps import Gap, gaps
from anhu.registry.tables import Resident
from api.dependencies import Dependencies
from api.kept import Told
from api.schemas.gaps import GapView, NamedView
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_residents
from api.services.counting import count_up_to

LOOKED_AT_ONCE = 20_000
"""In a registry of more residents than this it takes the database seconds, and is looked for once in a while."""


def list_gaps(deps: Dependencies, viewer: Viewer, language: str = "en") -> Told[list[GapView]]:
    """Return what is missing, what ends in silence first, and when it was looked for."""
    require(viewer, Permission.ADMINISTER)
    now_ms, look = deps.clock.now_ms(), partial(_look, deps, language)
    with reading(deps.sessions)() as session:
        everybody = select(Resident.id).where(Resident.active, visible_residents(viewer))
        is_large = count_up_to(session, everybody, LOOKED_AT_ONCE).has_more
    found = deps.gaps.ask(language, look, now_ms=now_ms) if is_large else Told(look(), now_ms)
    return Told([_view(gap, found.at_ms) for gap in found.value], found.at_ms)


def _look(deps: Dependencies, language: str) -> Sequence[Gap]:
    def flaw(channel: str, address: str) -> str:
        return contact_flaw(deps.channels, channel, address, language)

    with reading(deps.sessions)() as session:
        return gaps(session, flaw, now_ms=deps.clock.now_ms())


def _view(gap: Gap, at_ms: int) -> GapView:
    return GapView(
        kind=gap.kind,
        silent=gap.silent,
        said_zh=text(f"gap.{gap.kind}", "zh-CN"),
        said_en=text(f"gap.{gap.kind}", "en"),
        total=gap.total,
        first=[NamedView(id=one.id, name=one.name) for one in gap.first],
        found_at_ms=at_ms,
    )
