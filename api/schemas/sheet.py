"""The emergency sheet, and the link with which an ambulance crew opens it."""

from __future__ import annotations

from pydantic import Field

from api.schemas.base import Input, Time, View, at


class MedicineView(View):
    """A medicine that a resident takes."""

    name: str
    dose: str = ""
    dangerous: bool = Field(default=False, description="Somebody who treats the resident must know it at once.")


class CareFactsView(View):
    """What somebody who helps must know."""

    conditions: list[str] = Field(default=[])
    medicines: list[MedicineView] = Field(default=[], description="The dangerous ones first.")
    allergies: list[str] = Field(default=[])
    recorded: bool = Field(
        default=False, description="False: nobody wrote anything down, which does not mean that there is nothing."
    )


class ComingView(View):
    """Somebody who goes there, or is there."""

    name: str
    who: str = Field(examples=["family"], description="desk, team, family")
    relation: str = ""
    what: str = Field(examples=["on_the_way"], description="acknowledged, on_the_way, on_scene, going, here")
    at_ms: Time = at("at")
    arrives_at_ms: Time | None = at("arrives_at")


class NewSheetLink(Input):
    """For whom a link is made."""

    alert_id: str = Field(default="", max_length=64, description="The alarm that the crew is called to; may be empty.")


class SheetLinkView(View):
    """A link to a sheet, without its secret."""

    id: str
    resident_id: str
    alert_id: str = ""
    made_by_name: str
    made_at_ms: Time = at("made_at")
    expires_at_ms: Time = at("expires_at")
    opened: int
    opened_at_ms: Time | None = at("opened_at")


class MadeSheetLink(SheetLinkView):
    """A link that was just made: the only time that its address is told."""

    url: str = Field(examples=["https://anhu.example/s/4kq7m2x9b3c1d5e6f7a8b9"])
    qr: list[str] = Field(description="The QR code of the address: a row a string, 1 is dark.")
