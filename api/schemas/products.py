"""What vendors make."""

from __future__ import annotations

from pydantic import Field

from api.schemas.base import Input, Time, View, at

_PRODUCT = r"^[a-z0-9][a-z0-9-]{1,62}$"


class PollView(View):
    """How its vendor's cloud is asked, and how that goes; never the secret."""

    account: str = Field(description="Empty: it is not asked.")
    address: str = Field(description="Empty: where the codec says.")
    period_s: int = Field(description="0: as often as the codec says.")
    has_secret: bool
    answered_at_ms: Time | None = at("answered_at")
    failing_since_ms: Time | None = at("failing_since")
    failure: str = Field(examples=["credentials: HTTP 401"])
    failing_devices: int = Field(description="About how many devices the last question came to nothing.")


class PollChange(Input):
    """How to ask its vendor's cloud; an empty secret stays, an empty account ends it."""

    account: str = Field(max_length=200)
    secret: str = Field(default="", max_length=500)
    address: str = Field(default="", max_length=200)
    period_s: int = Field(default=0, ge=0, le=86_400)


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
    poll: PollView | None = Field(description="None where the codec's cloud is not one that is asked.")
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
