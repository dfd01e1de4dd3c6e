"""What would end in silence: for whoever sets the installation up."""

from __future__ import annotations

from anhu.contract.words import text
from anhu.registry.contact_form import contact_flaw
from anhu.registry.database import reading
from anhu.registry.gaps import gaps, read
from api.dependencies import Dependencies
from api.schemas.gaps import GapView, NamedView
from api.security.roles import Permission, Viewer, require


def list_gaps(deps: Dependencies, viewer: Viewer, language: str = "en") -> list[GapView]:
    """Return what is missing, what ends in silence first."""
    require(viewer, Permission.ADMINISTER)
    with reading(deps.sessions)() as session:
        registry = read(session)

    def flaw(channel: str, address: str) -> str:
        return contact_flaw(deps.channels, channel, address, language)

    return [
        GapView(
            kind=gap.kind,
            silent=gap.silent,
            said_zh=text(f"gap.{gap.kind}", "zh-CN"),
            said_en=text(f"gap.{gap.kind}", "en"),
            total=gap.total,
            first=[NamedView(id=one.id, name=one.name) for one in gap.first],
        )
        for gap in gaps(registry, flaw, now_ms=deps.clock.now_ms())
    ]
