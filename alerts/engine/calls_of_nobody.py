"""Calls for help of devices that no resident has: no alert can be raised of them, and they must not end in silence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from alerts.rules.trigger import UNUSABLE
from anhu.contract.identity import child_device_id
from anhu.contract.observation import Event
from anhu.contract.record import Numbers, Reading

CALLS = frozenset({"sos", "fall", "fall_suspected", "smoke", "carbon_monoxide", "gas", "water_leak"})
STRANGER, UNASSIGNED, SHUT_OUT = "stranger", "unassigned", "shut_out"
"""What a call is of: a device that nobody registered; a sensor, or a user, that nobody registered behind one; a device
that is switched off. Of any other it is a registered device's without a resident."""
NO_SLOT = "?"
"""A user whom the device does not name."""
_MOST = 1_000
_MOST_ABOUT_CHARS = 200


class Call(NamedTuple):
    """The newest call of one device, what else is known of it, and what it is of (`NobodysCall.what`). [ms]."""

    kind: str
    at_ms: int
    about: str = ""
    what: str = ""


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
                device_id, about, what = _whose(event, reading.device_id)
                self.tell(device_id, Call(event.kind, reading.received_at_ms, about, what))

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


def _whose(event: Event, device_id: str) -> tuple[str, str, str]:
    """Return under which identity a call is told, what else is known of it, and what it is of."""
    if event.source:
        about = " · ".join(one for one in (event.source, device_id) if one != NO_SLOT)
        return child_device_id(device_id, event.source), about[:_MOST_ABOUT_CHARS], UNASSIGNED
    if event.attributes.get("shut_out") is True:
        return device_id, _about(event), SHUT_OUT
    return device_id, _about(event), STRANGER if event.attributes.get("stranger") is True else ""


def _about(event: Event) -> str:
    """Return by which product, from where and through which door it came, where a door says so."""
    said = (str(event.attributes.get(name, "")) for name in ("product", "source", "door"))
    return " · ".join(dict.fromkeys(one for one in said if one))[:_MOST_ABOUT_CHARS]


def _is_call(event: Event) -> bool:
    named = event.kind in CALLS or event.attributes.get("urgent") is True
    return named and event.state == "on" and not event.quality & UNUSABLE
