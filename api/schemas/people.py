"""Residents as cards show them: where to go, how to get in, whom to call."""

from __future__ import annotations

from pydantic import Field, computed_field

from anhu.registry.facts import dialled
from api.schemas.base import View


class PhoneView(View):
    """Somebody to call about a resident."""

    owner: str = Field(examples=["family"], description="own, family, centre, team")
    name: str = Field(examples=["李娜"])
    relation: str = Field(default="", examples=["daughter"])
    number: str = Field(examples=["+86 571 8888 0000 转 12"])

    @computed_field(description="The same for a telephone.", examples=["+8657188880000;ext=12"])  # type: ignore[prop-decorator]
    @property
    def dial(self) -> str:
        """Return what a telephone dials."""
        return dialled(self.number)


class PersonView(View):
    """A resident as a card shows them."""

    resident_id: str
    name: str
    age: int | None = Field(default=None, description="In whole years; null when the birth date is not known. [a]")
    sex: str = ""
    address: str = ""
    bed: str = Field(default="", examples=["3 号楼 2 层 205 室 B 床"], description="Where the resident lies now.")
    access_note: str = ""
    flags: list[str] = Field(default=[])
    phones: list[PhoneView] = Field(default=[])
