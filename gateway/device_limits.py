"""How much one device may say, so that it holds up nobody else; calls for help are never crowded out by the rest.

Only what is on disk counts: while the LOG refuses, a device sends its call again and again, and the one that gets
through at last must not be one too many.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from anhu.contract.allowance import Allowance, Rate
from anhu.contract.clock import MINUTE_MS
from anhu.contract.identity import spelled
from anhu.contract.observation import AttributeValue, Event, Observation, TimeQuality
from gateway.directory import DeviceEntry

MOST_NAMES = 32
"""Sources, vendor types and rooms of one device: the most sensors that a home has. Registered sensors do not count."""
OTHER = "other"
"""The source, or vendor type, of a call for help by one name too many."""
CALLS = frozenset({"sos", "fall", "fall_suspected", "smoke", "carbon_monoxide", "gas", "water_leak"})
EXPECTED = "at most 300 events a minute, and 32 sources, vendor types and rooms"
_CALM_MS = 10 * MINUTE_MS


EVENTS = Rate(1_000, 300)
"""A home of 30 sensors says 60 a minute at its busiest and may bring some hundreds after a day without a line; the
flood that stopped a desk said 9,000 in half a second."""
SAME_CALL = Rate(60, 60)
"""Of one sensor and kind: by then the alarm is on the desk sixty times over."""
RAW = Rate(8, 2)
"""Messages kept whole because something of them was over a limit: 2 MiB a minute of the 256 MiB for all."""


@dataclass(slots=True)
class _Use:
    """What one device has used up."""

    refused: int
    """Appends that the LOG had refused when this was used up."""
    ordinary: Allowance
    raw: Allowance
    calls: dict[tuple[str, str, str], Allowance] = field(default_factory=dict)
    sources: set[str] = field(default_factory=set)
    vendor_types: set[str] = field(default_factory=set)
    rooms: set[str] = field(default_factory=set)
    over_ms: int = 0


class Kept(NamedTuple):
    """What goes on of a message.

    Attributes
    ----------
    left_out : int
        Observations that do not; a fault of the device says so.
    raw : bool
        Whether the message is kept whole for them.
    """

    observations: tuple[Observation, ...]
    left_out: int
    raw: bool


class DeviceLimits:
    """Keeps each device to its limits, and has a fault told while one is beyond them.

    Attributes
    ----------
    over : set of str
        Devices whose fault is told and has not ended; asked for every message.
    """

    def __init__(self) -> None:
        self._uses: dict[str, _Use] = {}
        self.over: set[str] = set()

    def within(
        self,
        device: DeviceEntry,
        observations: Iterable[Observation],
        now_ms: int,
        *,
        refused: int = 0,
        heard: bool = False,
    ) -> Kept:
        """Return what may go on of what a device says. [ms].

        Parameters
        ----------
        refused : int
            Appends that the LOG has refused so far: after each one what was said before may have to be said again.
        heard : bool
            What stands behind the device is heard by radio: `gateway.heard_sensors` has kept that to its limits.
        """
        use = self._use_of(device.device_id, now_ms, refused)
        given, is_open = tuple(observations), heard or device.shared
        kept = [
            one for one in (_within(use, device, seen, now_ms, is_open=is_open) for seen in given) if one is not None
        ]
        left_out = len(given) - len(kept)
        if left_out:
            use.over_ms = now_ms
            if device.device_id not in self.over:
                self.over.add(device.device_id)
                kept.append(_fault(now_ms, "on"))
        elif device.device_id in self.over and not 0 <= now_ms - use.over_ms < _CALM_MS:
            self.over.discard(device.device_id)
            kept.append(_fault(now_ms, "off"))
        return Kept(tuple(kept), left_out, bool(left_out) and use.raw.takes(now_ms))

    def _use_of(self, device_id: str, now_ms: int, refused: int) -> _Use:
        use = self._uses.get(device_id)
        if use is None or use.refused != refused:
            self.over.discard(device_id)  # the fault may not be on disk either
            fresh = _Use(refused, Allowance.full(EVENTS, now_ms), Allowance.full(RAW, now_ms))
            if use is not None:
                fresh.sources, fresh.vendor_types, fresh.rooms = use.sources, use.vendor_types, use.rooms
            use = self._uses[device_id] = fresh
        return use


def _within(use: _Use, device: DeviceEntry, seen: Observation, now_ms: int, *, is_open: bool) -> Observation | None:
    """Return an observation as it may go on; None when it may not. `is_open`: any name may measure, not call."""
    source, children = seen.source, device.children
    calls = isinstance(seen, Event) and (seen.kind in CALLS or seen.attributes.get("urgent") is True)
    own = not source or source in use.sources or source == device.device_id or source in children
    own = own or spelled(source) in children or (is_open and not calls) or _known(use.sources, source)
    if not isinstance(seen, Event):
        return seen if own else None
    if not own:
        if not calls or seen.state == "off":
            return None
        seen = msgspec.structs.replace(seen, source=OTHER)
    seen = _with_known_names(use, seen)
    if not calls:
        return seen if use.ordinary.takes(now_ms) else None
    key = (seen.source, seen.kind, seen.state)
    allowance = use.calls.get(key)
    if allowance is None:
        allowance = use.calls[key] = Allowance.full(SAME_CALL, now_ms)
    return seen if allowance.takes(now_ms) else None


def _with_known_names(use: _Use, event: Event) -> Event:
    attributes = event.attributes
    vendor_type, room = attributes.get("vendor_type"), attributes.get("room")
    if vendor_type is not None and not _known(use.vendor_types, str(vendor_type)):
        attributes = attributes | {"vendor_type": OTHER}
    if room is not None and not _known(use.rooms, str(room)):
        attributes = {name: value for name, value in attributes.items() if name != "room"}
    return event if attributes is event.attributes else msgspec.structs.replace(event, attributes=attributes)


def _known(names: set[str], name: str) -> bool:
    """Tell whether a name is one of those a device may use; the first ones are."""
    if name in names:
        return True
    if len(names) >= MOST_NAMES:
        return False
    names.add(name)
    return True


def _fault(now_ms: int, state: str) -> Event:
    about: dict[str, AttributeValue] = {"reason": "too_much", "events_a_minute": EVENTS.a_minute, "names": MOST_NAMES}
    return Event("sensor_fault", now_ms, state, about, TimeQuality.RECEIVED)
