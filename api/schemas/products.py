"""What vendors make."""

from __future__ import annotations

from pydantic import Field

from api.schemas.base import Input, Time, View, at

_PRODUCT = r"^[a-z0-9][a-z0-9-]{1,62}$"


class ProductView(View):
    """A make of device."""

    id: str = Field(examples=["x8"], description="The last part of the address that its vendor's cloud pushes to.")
    name: str
    vendor: str
    model: str
    codec: str
    codec_title: str
    doors: list[str] = Field(examples=[["mqtt", "http"]], description="By which doors its devices may come in.")
    takes_push: bool = Field(description="Its codec reads what a vendor's cloud pushes.")
    push_address: str = Field(description="Where that cloud pushes to; empty where none may, or no such door is open.")
    has_push_key: bool
    enabled: bool
    devices: int = Field(description="How many are registered.")
    created_at_ms: Time = at("created_at")


class PushKey(ProductView):
    """A product with the fresh key that its vendor's cloud signs with: the only time it is shown."""

    push_key: str


class NewProduct(Input):
    """A product to enrol."""

    id: str = Field(pattern=_PRODUCT, examples=["x8"])
    name: str = Field(min_length=1, max_length=100)
    vendor: str = Field(default="", max_length=100, description="A vendor's own name is filled in.")
    model: str = Field(default="", max_length=100)
    codec: str = Field(default="open_json", max_length=64)


class ProductChange(Input):
    """What to change of a product; what is left out stays."""

    name: str | None = Field(default=None, min_length=1, max_length=100)
    model: str | None = Field(default=None, max_length=100)
    codec: str | None = Field(default=None, max_length=64)
    enabled: bool | None = None
