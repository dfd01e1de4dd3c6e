"""Whose a measurement of a shared cuff or scale is: the user's whom the device names, or nobody's. Never a default.

A measurement of nobody keeps the name of its user as its source. That is how whoever reads the LOG knows it for one.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from anhu.contract.identity import spelled
from anhu.contract.observation import Observation, Quality
from anhu.contract.record import Numbers, Reading
from gateway.codec import Frame
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


def registered(children: Mapping[str, Owner], source: str) -> Owner | None:
    """Return who is behind a gateway under a name; None when nobody registered it."""
    return children.get(source) or children.get(spelled(source))


def readings_of_shared(
    frame: Frame, device: DeviceEntry, given: tuple[Observation, ...]
) -> list[tuple[str, Reading | Numbers]]:
    """Return what a shared device says, by whose it is: its users', nobody's, and what it says of itself."""
    own = Owner(device.device_id, device.resident_id, device.partition_key)
    nobody = Owner(device.device_id, "", device.partition_key)
    parts: dict[tuple[Owner, str], list[Observation]] = {}
    for one in given:
        slot = one.source if one.source != device.device_id else ""
        known = registered(device.children, slot) if slot else None
        source = ""
        if known is not None:
            owner = known
        elif one.quantity in _OF_ITSELF:
            owner = own
        else:
            owner, source = nobody, slot or NO_SLOT
        retained = one.quality | Quality.RETAINED if frame.retained else one.quality
        seen = msgspec.structs.replace(one, source=source, quality=retained)
        parts.setdefault((owner, source), []).append(seen)
    at_ms = frame.received_at_ms
    return [(who.partition_key, Reading(*who[:2], at_ms, tuple(seen))) for (who, _), seen in parts.items()]
