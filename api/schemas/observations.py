"""What was measured, as charts and scripts read it."""

from __future__ import annotations

from pydantic import Field

from api.schemas.base import Time, View, at


class LatestView(View):
    """The newest number of one quantity."""

    quantity: str = Field(examples=["heart_rate"])
    title_zh: str
    title_en: str
    unit: str = Field(examples=["/min"])
    value: float = Field(examples=[72])
    decimals: int
    quality: int = Field(description="Flags; 0 is good.")
    device_id: str
    observed_at_ms: Time = at("observed_at")


class ResidentLatest(View):
    """The newest numbers of one resident."""

    resident_id: str
    latest: list[LatestView]


class PointView(View):
    """One number."""

    observed_at_ms: Time = at("observed_at")
    value: float
    quality: int
    device_id: str


class Series(View):
    """Numbers of one quantity in time order."""

    resident_id: str
    quantity: str
    unit: str
    points: list[PointView]
    complete: bool = Field(description="False: there are more than `limit`; ask again from the last one on.")


class BucketView(View):
    """Numbers of one stretch of time, put together."""

    start_ms: Time = at("start")
    low: float
    mean: float
    high: float
    samples: int


class BucketSeries(View):
    """A quantity, downsampled; empty buckets are left out."""

    resident_id: str
    quantity: str
    unit: str
    bucket_s: int
    buckets: list[BucketView]


class EventView(View):
    """Something that happened."""

    kind: str = Field(examples=["sos"])
    state: str = Field(examples=["on"])
    device_id: str
    observed_at_ms: Time = at("observed_at")
    quality: int
    attributes: dict[str, str | float | int | bool]


class WaveformView(View):
    """A stretch of evenly sampled signal."""

    quantity: str = Field(examples=["acceleration"])
    unit: str
    device_id: str
    observed_at_ms: Time = at("observed_at")
    sampling_rate_hz: float
    channels: list[str] = Field(examples=[["x", "y", "z"]])
    samples: list[list[float | None]] = Field(description="One list a channel; null is a missing sample.")
    quality: int
    position: str
