"""The delivery log of devices, by the hour."""

from __future__ import annotations

from pydantic import Field

from api.schemas.base import Time, View, at


class DeliveryHour(View):
    """What came in one hour."""

    hour_ms: Time = at("hour")
    accepted: int = Field(description="Messages that were read.")
    partly: int = Field(description="Messages of which a part was refused, mended, or needs a mapping.")
    refused: int = Field(description="Messages of which nothing was used.")


class DeliveryView(View):
    """What came of one device in the last 24 hours."""

    device_id: str
    model: str
    product_id: str
    accepted: int
    partly: int
    refused: int
    seen_at_ms: Time | None = at("seen_at")
    silent: bool = Field(description="Said nothing for longer than it should.")
    hours: list[DeliveryHour] = Field(description="Hours in which something came, the oldest first.")
    last_refused_at_ms: Time | None = at("last_refused_at")
    last_reason: str = Field(description="Why something of it was last refused, as far as it was lately.")


class DeliveriesView(View):
    """The delivery log."""

    since_ms: Time = at("since")
    devices: int
    silent: int = Field(description="Devices that are silent for longer than they should be.")
    hours: list[DeliveryHour] = Field(description="All devices together, every hour of the last 24.")
    items: list[DeliveryView]
    more: bool = Field(description="There are more devices: ask for a product or a device.")
