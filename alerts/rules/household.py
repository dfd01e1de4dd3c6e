"""What the sensors of a home say together: which room, who is in, when life was last seen. Pure.

Written for a person who lives alone; with two, the other's motion hides the one's stillness.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alerts.time_shift import all_shifted, shifted
from anhu.contract.clock import MINUTE_MS, SECOND_MS

ACTIVITY = ("motion", "presence", "contact", "bed", "chair", "switch", "vibration")
"""Events that a person at home causes."""
PLACES = ("bed", "chair")
"""Events that say whether a person is in one place."""
_HALL_MS = 20 * SECOND_MS
"""Motion this soon after the door is that of going out."""
_ERRAND_MS = 2 * MINUTE_MS
"""Two signs of the door closer than this are one passage."""
_MOST_PLACES = 16
"""Beds and chairs of a home that are told apart."""


class Household:
    """Who is in, and when life was last seen. [ms].

    A passage of the front door after which nothing moves inside means that the person went out; the next passage means
    that the person is back, seen or not. In bed or on the chair while the door moves: a visitor's passage. A bed or
    chair that is empty tells something only if its own sensor had said that somebody was there; with two mats in one
    bed the person is in it as long as either says so.
    """

    __slots__ = ("_taken", "away_ms", "door_ms", "in_bed", "last_ms", "seated")

    def __init__(self) -> None:
        self.last_ms = 0
        """When anything was last caused, the door included; 0 before the first."""
        self.door_ms = 0
        self.away_ms = 0
        """When the person went out; 0 while at home."""
        self.in_bed = False
        self.seated = False
        self._taken: set[str] = set()
        """Sensors of beds and chairs that said last that somebody is there."""

    def take(self, quantity: str, room: str, t_ms: int, *, on: bool, device_id: str = "") -> bool:
        """Take an event; tell whether it is a sign of the person being active inside. [ms]."""
        if quantity == "contact" and room == "front_door":
            self._passage(t_ms)
            return False
        if quantity in PLACES:
            if not self._has_changed(f"{quantity}/{device_id}", on=on):
                return False
            is_taken = on or any(one.startswith(f"{quantity}/") for one in self._taken)
            self.in_bed, self.seated = (is_taken, self.seated) if quantity == "bed" else (self.in_bed, is_taken)
        elif not on and quantity in ("motion", "presence", "vibration"):
            return False  # the sensor's own timer ran out
        self.last_ms = max(self.last_ms, t_ms)
        if t_ms > self.door_ms + _HALL_MS:
            self.away_ms = 0
        return True

    def _has_changed(self, sensor: str, *, on: bool) -> bool:
        """Note what a bed or chair says; False for an empty one that was empty before."""
        if on:
            if len(self._taken) < _MOST_PLACES:
                self._taken.add(sensor)
            return True
        is_known = sensor in self._taken or not self._taken
        self._taken.discard(sensor)
        return is_known and (self.in_bed or self.seated)

    def _passage(self, t_ms: int) -> None:
        new = t_ms - self.door_ms > _ERRAND_MS
        self.door_ms = t_ms
        self.last_ms = max(self.last_ms, t_ms)
        if self.in_bed or self.seated:
            return
        if self.away_ms and new:
            self.away_ms = 0
        elif not self.away_ms and new:
            self.away_ms = t_ms

    def snapshot(self) -> list[Any]:
        """Return the whole state."""
        return [self.last_ms, self.door_ms, self.away_ms, self.in_bed, self.seated, sorted(self._taken)]

    def restore(self, state: Sequence[Any]) -> None:
        """Take over a state."""
        self.last_ms, self.door_ms, self.away_ms, self.in_bed, self.seated, *taken = state
        self._taken = set(*taken)  # a state that was kept before they were told apart has none

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self.last_ms = shifted(self.last_ms, by_ms)
        self.door_ms = shifted(self.door_ms, by_ms)
        self.away_ms = shifted(self.away_ms, by_ms)


class Heard:
    """Whether the sensors themselves still speak: their silence must not be taken for the resident's."""

    __slots__ = ("_at_ms", "_lost")

    def __init__(self) -> None:
        self._at_ms: dict[str, int] = {}
        self._lost: set[str] = set()

    def event(self, device_id: str, t_ms: int) -> None:
        """Note that a sensor of the home reported something. [ms]."""
        self._at_ms[device_id] = max(t_ms, self._at_ms.get(device_id, 0))
        self._lost.discard(device_id)

    def heard(self, device_id: str, t_ms: int) -> None:
        """Note a sign of life of a device, if it is a sensor of the home. [ms]."""
        if device_id in self._at_ms:
            self.event(device_id, t_ms)

    def connection(self, device_id: str, *, on: bool) -> None:
        """Note that a sensor's connection broke or came back."""
        if device_id in self._at_ms:
            (self._lost.discard if on else self._lost.add)(device_id)

    @property
    def is_cut_off(self) -> bool:
        """Whether every sensor of the home said that it lost its connection."""
        return bool(self._at_ms) and self._lost.issuperset(self._at_ms)

    def is_listening(self, now_ms: int, within_ms: int) -> bool:
        """Tell whether any sensor was heard this recently. [ms]."""
        return any(at >= now_ms - within_ms for at in self._at_ms.values())

    def snapshot(self) -> list[Any]:
        """Return the whole state."""
        return [dict(self._at_ms), sorted(self._lost)]

    def restore(self, state: Sequence[Any]) -> None:
        """Take over a state."""
        at_ms, lost = state
        self._at_ms, self._lost = dict(at_ms), set(lost)

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._at_ms = all_shifted(self._at_ms, by_ms)


class Recent:
    """The last few of a kind of number, oldest first.

    Parameters
    ----------
    kept : int
        How many.
    """

    __slots__ = ("_kept", "values")

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self.values: list[float] = []

    def add(self, value: float) -> None:
        """Remember one more."""
        self.values.append(value)
        del self.values[: -self._kept]
