"""Who did what."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from api.schemas.base import Time, View, at


class AuditView(View):
    """One access to health data or settings."""

    id: int
    at_ms: Time = at("at")
    user_id: str
    user_name: str = ""
    action: str = Field(examples=["resident.read"])
    resident_id: str
    resident_name: str = ""
    object_id: str
    address: str
    detail: dict[str, Any]
