"""What was refused of devices, and what needs mapping."""

from __future__ import annotations

from pydantic import Field

from api.schemas.base import Time, View, at


class RefusalView(View):
    """One message that was refused, or of which something was."""

    id: int
    device_id: str
    received_at_ms: Time = at("received_at")
    codec: str
    door: str
    route: str = Field(description="MQTT topic or path, with everything unprintable escaped.")
    field: str = Field(description="Which field was wrong; empty where the reason names none.")
    reason: str = Field(description="What was received and what was expected.")
    payload: str = Field(description="The first bytes, with everything unprintable escaped.")
    payload_bytes: int
    replayed: bool = Field(description="Decoded and stored since then.")


class MappingView(View):
    """Words of a device that nobody mapped, or one reason for which its messages are refused."""

    device_id: str
    reason: str
    count: int
    example_id: int = Field(description="The newest of these messages.")
