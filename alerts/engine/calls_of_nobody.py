"""Calls for help of devices that no resident has: no alert can be raised of them, and they must not end in silence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from alerts.rules.trigger import UNUSABLE
from anhu.contract.observation import Event
from anhu.contract.record import Numbers, Reading

CALLS = frozenset({"sos", "fall", "fall_suspected", "smoke", "carbon_monoxide", "gas", "water_leak"})
_MOST = 1_000
_MOST_ABOUT_CHARS = 200


class Call(NamedTuple):
    """The newest call of one device, and what else is known of a device that is not registered. [ms]."""

    kind: str
    at_ms: int
    about: str = ""


class CallsOfNobody:
    """Remembers each device's newest call until somebody has written it down.

    Attributes
    ----------
    unkept : int
        Calls of so many devices at once that there was no room; which device it was is in the LOG.
    """

    def __init__(self) -> None:
        self._newest: dict[str, Call] = {}
        self.unkept = 0

    def __bool__(self) -> bool:
        return bool(self._newest)

    def note(self, reading: Reading | Numbers) -> None:
        """Look for a call in what a device without a resident reports."""
        if isinstance(reading, Numbers):
            return
        for event in reading.observations:
            if isinstance(event, Event) and _is_call(event):
                self.tell(reading.device_id, Call(event.kind, reading.received_at_ms, _about(event)))

    def tell(self, device_id: str, call: Call) -> None:
        """Remember a call of a device."""
        if device_id not in self._newest and len(self._newest) >= _MOST:
            self.unkept += 1
            return
        self._newest[device_id] = call

    def waiting(self) -> Mapping[str, Call]:
        """Return device -> its newest call."""
        return dict(self._newest)

    def written(self, calls: Mapping[str, Call]) -> None:
        """Forget calls that are written down; a newer one of the same device stays."""
        for device_id, call in calls.items():
            if self._newest.get(device_id) == call:
                del self._newest[device_id]


def _about(event: Event) -> str:
    """Return by which product, from where and through which door it came, where a door that did not know it says so."""
    if event.attributes.get("stranger") is not True:
        return ""
    said = (str(event.attributes.get(name, "")) for name in ("product", "source", "door"))
    return " · ".join(dict.fromkeys(one for one in said if one))[:_MOST_ABOUT_CHARS]


def _is_call(event: Event) -> bool:
    named = event.kind in CALLS or event.attributes.get("urgent") is True
    return named and event.state == "on" and not event.quality & UNUSABLE
