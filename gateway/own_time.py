"""A millisecond of its own for each message of one device, and for each of its events of one kind."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from anhu.contract.observation import AttributeValue, Event, Observation

_BUNCH_MS = 10_000
_MOST_MOMENTS = 256
_MOST_KEPT = 200_000
"""Of all devices together: 60 MB, some minutes of the largest installation. [events]"""

_Content = tuple[str, dict[str, AttributeValue]]


class OwnTimes:
    """Gives messages that one device sent in a bunch times that differ, in the order they came.

    A device without a clock has no other time than ours. What it kept while it, or we, could not be reached comes in
    one piece, and of two numbers of one quantity and millisecond only the first would stand. A time is put off by 10 s
    at most: what comes later than that in one bunch shares a millisecond, and is kept among the dead letters.
    """

    def __init__(self) -> None:
        self._last_ms: dict[str, int] = {}
        self._newest_ms = 0

    def of(self, device_id: str, received_at_ms: int) -> int:
        """Return the time to go by: `received_at_ms`, or the first one after the device's last. [ms]."""
        newest_ms = self._newest_ms
        if received_at_ms > newest_ms or newest_ms - received_at_ms > _BUNCH_MS:  # nobody's last; or a clock set back
            self._last_ms.clear()
            self._last_ms[device_id] = self._newest_ms = received_at_ms
            return received_at_ms
        last_ms = self._last_ms.get(device_id)
        own_ms = received_at_ms if last_ms is None or last_ms < received_at_ms else last_ms + 1
        self._last_ms[device_id] = own_ms
        if own_ms > newest_ms:
            self._newest_ms = own_ms
        return own_ms


class EventMoments:
    """Keeps apart what one device says of one kind and one millisecond: two medicines taken, two buttons pressed.

    The store knows an event by resident, time, device and kind, so the second goes a millisecond later. What comes once
    more, a message sent again, gets the time that it got before.
    """

    def __init__(self) -> None:
        self._taken: dict[tuple[str, str], dict[int, _Content]] = {}  # who spoke last stands last
        self._kept = 0

    def apart(self, device_id: str, observations: Sequence[Observation]) -> tuple[Observation, ...]:
        """Return what one device observed, each event with a time that no other one of its kind has."""
        return tuple(self._at_its_own(device_id, one) if type(one) is Event else one for one in observations)

    def _at_its_own(self, device_id: str, event: Event) -> Event:
        key = (device_id, event.kind)
        taken = self._taken[key] = self._taken.pop(key, {})
        before = len(taken)
        at_ms, content = event.observed_at_ms, (event.state, event.attributes)
        while taken.setdefault(at_ms, content) != content:
            at_ms += 1
        if len(taken) > _MOST_MOMENTS:
            del taken[next(iter(taken))]
        self._kept += len(taken) - before
        while self._kept > _MOST_KEPT:
            self._kept -= len(self._taken.pop(next(iter(self._taken))))
        return event if at_ms == event.observed_at_ms else msgspec.structs.replace(event, observed_at_ms=at_ms)
