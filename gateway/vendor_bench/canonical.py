"""An observation as a vendor reads it: its own words, its unit, its time, and every reason to doubt it."""

from __future__ import annotations

from anhu.contract.clock import to_rfc3339
from anhu.contract.observation import Event, Observation, Quality, Scalar, TimeQuality
from anhu.contract.quantities import QUANTITIES


def canonical(one: Observation) -> dict[str, object]:
    """Return an observation as the JSON that `anhu codec try` prints; what is empty is left out."""
    told: dict[str, object] = {"quantity": one.quantity, **_said(one)}
    told["observed_at"] = to_rfc3339(one.observed_at_ms)
    told["time_from"] = "device" if one.time_quality is TimeQuality.DEVICE else one.time_quality.name.lower()
    if one.quality:
        told["doubt"] = [flag.name.lower() for flag in Quality if flag & one.quality and flag.name]
    if one.source:
        told["source"] = one.source
    return told


def _said(one: Observation) -> dict[str, object]:
    if isinstance(one, Scalar):
        value: dict[str, object] = {"value": one.value, "unit": QUANTITIES[one.quantity].unit}
        return value | ({"context": one.context} if one.context else {})
    if isinstance(one, Event):
        return {"state": one.state} | ({"attributes": dict(one.attributes)} if one.attributes else {})
    shape = {"channels": list(one.channels), "sampling_rate_hz": one.sampling_rate_hz}
    return {**shape, "samples": len(one.array()), "unit": QUANTITIES[one.quantity].unit}
