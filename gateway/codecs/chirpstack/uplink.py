"""What is known of an event before its bytes are read: which device model, its tags, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from anhu.contract.observation import Event, Quality, Scalar, TimeQuality
from anhu.contract.wire import MAX_TIME_MS, MIN_TIME_MS

_Seen = TypeVar("_Seen", bound="Scalar | Event")


@dataclass(frozen=True, slots=True, kw_only=True)
class Uplink:
    """One event of one device.

    Attributes
    ----------
    model : str
        Whose bytes they are, in lower case: ``vs373``; empty where nothing says it.
    profile : str
        Name of the device profile.
    tags : mapping
        The device's tags.
    at_ms : int
        When the network heard it. [ms]
    """

    event: str
    model: str
    profile: str
    tags: Mapping[str, object]
    at_ms: int
    time_quality: TimeQuality
    received_at_ms: int

    def stamped(self, seen: _Seen) -> _Seen:
        """Return an observation at the time when the network heard it."""
        return msgspec.structs.replace(seen, observed_at_ms=self.at_ms, time_quality=self.time_quality)

    def recorded(self, seen: _Seen, epoch_s: int) -> _Seen:
        """Return an observation that the device kept, at its own time and flagged late. [s]."""
        at_ms, late = epoch_s * 1_000, int(Quality.LATE | Quality.KEPT)
        if not MIN_TIME_MS <= at_ms <= min(self.received_at_ms, MAX_TIME_MS):
            return self.stamped(seen)  # nobody can tell when: in doubt it is of now
        return msgspec.structs.replace(seen, observed_at_ms=at_ms, time_quality=TimeQuality.DEVICE, quality=late)
