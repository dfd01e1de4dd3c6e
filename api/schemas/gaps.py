"""What would end in silence."""

from __future__ import annotations

from pydantic import Field

from api.schemas.base import View


class NamedView(View):
    """One of those whom a gap concerns."""

    id: str
    name: str


class GapView(View):
    """Something that is missing in the registry."""

    kind: str = Field(examples=["resident_no_centre"])
    silent: bool = Field(
        description="A call for help would end in silence; else it is told to fewer than it should be."
    )
    said_zh: str
    said_en: str
    total: int
    first: list[NamedView]
    found_at_ms: int = Field(
        description="When it was looked for: now, or in a registry of more than 20,000 residents within ten minutes."
    )
