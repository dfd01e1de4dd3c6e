"""Whose a measurement is: of whom its source is registered as, and never a default resident's where that may be wrong.

What is nobody's keeps the name of its source, and goes by the identity of the device that told it. That is how whoever
reads the LOG knows it for one that somebody has to say of whose it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import msgspec

from anhu.contract.identity import child_device_id, spelled
from anhu.contract.meaning import is_call
from anhu.contract.observation import Decoded, Event, Observation, PlainNumbers, Quality, Scalar, one_by_one
from anhu.contract.record import Numbers, Reading
from gateway.codec import Frame, Sources
from gateway.directory import DeviceEntry, Owner

NO_SLOT = "?"
"""The device named no user."""
_OF_ITSELF = frozenset(
    {
        "battery",
        "signal_strength",
        "room_temperature",
        "room_humidity",
        "battery_low",
        "connection",
        "sensor_fault",
        "tamper",
        "drill_call",
        "heartbeat_call",
    }
)
"""What is of the device and of no user."""
_OF_A_BODY = frozenset(
    {
        "heart_rate",
        "pulse_rate",
        "respiration_rate",
        "spo2",
        "perfusion_index",
        "systolic_pressure",
        "diastolic_pressure",
        "mean_pressure",
        "body_temperature",
        "glucose",
        "weight",
        "height",
        "bmi",
    }
)
"""Of what is heard by radio: what somebody measures on purpose. A bracelet that passes by tells all its steps."""


def registered(children: Mapping[str, Owner], source: str) -> Owner | None:
    """Return who is behind a gateway under a name; None when nobody registered it."""
    return children.get(source) or children.get(spelled(source))


def is_unknown(device: DeviceEntry, seen: Observation) -> bool:
    """Tell whether something is of a source that nobody registered."""
    name = seen.source
    return bool(name) and name != device.device_id and registered(device.children, name) is None


def wants_owner(seen: Observation) -> bool:
    """Tell whether somebody must say whose it is, though it was only heard by radio: health, or a call for help."""
    if isinstance(seen, Event):
        return seen.state == "on" and is_call(seen)
    return isinstance(seen, Scalar) and seen.quantity in _OF_A_BODY


def readings_of(
    frame: Frame, device: DeviceEntry, decoded: Decoded, sources: Sources = Sources.PAIRED
) -> list[tuple[str, Reading | Numbers]]:
    """Return one reading per device or user that measured, with its key for the LOG.

    From here on a registered source goes by its own name, and by the key of its own resident. Whose any other is,
    `Sources` says. Retained observations are flagged so: state, never a new event.
    """
    at_ms = frame.received_at_ms
    by_users = device.shared or sources is Sources.USERS
    if not by_users and type(decoded) is PlainNumbers and not frame.retained:
        own = (decoded.observed_at_ms, decoded.time_quality, decoded.values)
        return [(device.partition_key, Numbers(device.device_id, device.resident_id, at_ms, *own))]
    given_all = tuple(one_by_one(decoded))
    if given_all and not by_users and not frame.retained and _all_its_own(given_all):
        return [(device.partition_key, Reading(device.device_id, device.resident_id, at_ms, given_all))]
    parts: dict[tuple[Owner, str], list[Observation]] = {}
    kind = Sources.USERS if by_users else sources
    for one in given_all:
        owner, source = _whose(device, one, kind, retained=frame.retained)
        seen = msgspec.structs.replace(one, source=source) if source != one.source else one
        if frame.retained:
            seen = msgspec.structs.replace(seen, quality=seen.quality | Quality.RETAINED)
        parts.setdefault((owner, source), []).append(seen)
    return [(who.partition_key, Reading(*who[:2], at_ms, tuple(seen))) for (who, _), seen in parts.items()]


def _whose(device: DeviceEntry, one: Observation, sources: Sources, *, retained: bool) -> tuple[Owner, str]:
    """Return whose something is, and the source that it keeps: one that somebody has to say of who or what it is."""
    name = one.source if one.source != device.device_id else ""
    known = registered(device.children, name) if name and device.children else None
    own = Owner(device.device_id, device.resident_id, device.partition_key)
    if known is not None:
        return known, ""
    if sources is Sources.USERS:
        is_own = one.quantity in _OF_ITSELF
        return (own, "") if is_own else (own._replace(resident_id=""), name or NO_SLOT)
    if not name:
        return own, ""
    if sources is Sources.PAIRED:
        return own._replace(device_id=_child(device.device_id, name)), ""
    if wants_owner(one) and not retained:
        return own._replace(resident_id=""), name
    return Owner(_child(device.device_id, name), "", device.partition_key), ""


@lru_cache(maxsize=65_536)
def _child(gateway: str, source: str) -> str:
    return child_device_id(gateway, source)


def _all_its_own(observations: tuple[Observation, ...]) -> bool:
    for seen in observations:  # noqa: SIM110 - a generator costs three times as much, for every message
        if seen.source:
            return False
    return True
