"""When each device was last heard, and its battery, signal and line: for the list of devices, a minute late at most.

One look at each record of a batch, after it is in the store; the database gets a device at most once a minute, however
often it speaks. A battery or a signal is state only if it is the newest that the device said, by its own time where
that is sane, and else by when it came: what a device kept for days, and then sends, changes nothing that is newer.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import NamedTuple

from anhu.contract.clock import MINUTE_MS
from anhu.contract.device_clock import LATE_MS
from anhu.contract.observation import Event, Observation, Quality, Scalar, TimeQuality
from anhu.contract.quantities import QUANTITIES
from anhu.contract.record import Numbers
from ingest.store.port import Stored

_MOST_DEVICES = 200_000
_AT_ONCE = 5_000
_OURS = frozenset({"connection", "sensor_fault"})
"""What we say of a device, which may be silent."""
_BATTERY, _SIGNAL, _LINE = range(3)
_OF_ITSELF = {"battery": _BATTERY, "signal_strength": _SIGNAL}
_POSSIBLE = {name: (QUANTITIES[name].low, QUANTITIES[name].high) for name in _OF_ITSELF}
_DEVICE, _DOUBTED, _LATE = TimeQuality.DEVICE, int(Quality.CLOCK_SKEW), int(Quality.LATE)


class Heard(NamedTuple):
    """What is new of a device.

    Attributes
    ----------
    seen_ms : int
        When it last said something; 0: it did not. [ms]
    battery_percent, signal_dbm : float or None
        As it last said; None: it said nothing of it.
    line : str or None
        ``on``, or why its connection ended; None: nothing is new of it.
    line_ms : int
        Since when. [ms]
    battery_ms, signal_ms : int
        As of when it is, where something newer may have been written before this process began; 0: it is the newest
        for sure. [ms]
    """

    device_id: str
    seen_ms: int = 0
    battery_percent: float | None = None
    signal_dbm: float | None = None
    line: str | None = None
    line_ms: int = 0
    battery_ms: int = 0
    signal_ms: int = 0

    @property
    def is_nothing(self) -> bool:
        """Whether there is no news in it."""
        return not self.seen_ms and self.battery_percent is None and self.signal_dbm is None and self.line is None


class LastHeard:
    """Gathers what is new of each device until somebody writes it down."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}
        self._said: dict[str, Heard] = {}
        self._written_ms: dict[str, int] = {}
        self._as_of: dict[str, list[int]] = {}
        """Device -> of when its newest battery, signal and line are. [ms]"""
        self._lock = threading.Lock()
        self.forgotten = 0
        """News given up because too many devices had some. [devices]"""

    def hear(self, readings: Sequence[Stored]) -> None:
        """Take note of a batch that is stored."""
        with self._lock:
            for reading in readings:
                if type(reading) is Numbers:
                    self._sees(reading.device_id, reading.received_at_ms)
                    if not _OF_ITSELF.keys().isdisjoint(reading.values):
                        self._take(reading)
                else:
                    self._take(reading)
                    if not all(type(one) is Event and one.kind in _OURS for one in reading.observations):
                        self._sees(reading.device_id, reading.received_at_ms)
            while len(self._seen) > _MOST_DEVICES:
                self._seen.popitem()
                self.forgotten += 1
            while len(self._as_of) > _MOST_DEVICES:
                del self._as_of[next(iter(self._as_of))]

    def due(self, now_ms: int) -> list[Heard]:
        """Take out what is to be written now: of devices that were not written for a minute. [ms]."""
        with self._lock:
            written = self._written_ms
            new = {**self._seen, **dict.fromkeys(self._said, 0)}
            ids = [one for one in new if now_ms - written.get(one, 0) >= MINUTE_MS][:_AT_ONCE]
            found = []
            for device_id in ids:
                written[device_id] = now_ms
                heard = self._said.pop(device_id, None) or Heard(device_id)
                found.append(heard._replace(seen_ms=max(heard.seen_ms, self._seen.pop(device_id, 0))))
            while len(written) > _MOST_DEVICES:
                del written[next(iter(written))]
            return found

    def put_back(self, not_written: Sequence[Heard]) -> None:
        """Keep for another time what could not be written; what is newer stands."""
        with self._lock:
            for heard in not_written:
                self._written_ms.pop(heard.device_id, None)
                newer = self._said.pop(heard.device_id, None)
                self._add(heard)
                if newer is not None:
                    self._add(newer)

    def _sees(self, device_id: str, at_ms: int) -> None:
        if at_ms > self._seen.get(device_id, 0):
            self._seen[device_id] = at_ms

    def _take(self, reading: Stored) -> None:
        """Take what a device says of itself, unless something newer is known."""
        device_id, received_ms = reading.device_id, reading.received_at_ms
        for one in reading.observations:
            which = _which(one)
            if which is None:
                continue
            known = self._as_of.setdefault(device_id, [0, 0, 0])
            at_ms = _of_when(one, received_ms)
            if at_ms >= known[which]:
                is_in_doubt = not known[which] and received_ms - at_ms > LATE_MS
                known[which] = at_ms
                self._add(_said(device_id, one, at_ms, in_doubt_ms=at_ms if is_in_doubt else 0))

    def _add(self, heard: Heard) -> None:
        if heard.is_nothing:
            return
        known = self._said.get(heard.device_id)
        if known is None and len(self._said) >= _MOST_DEVICES:
            self.forgotten += 1
            return
        self._said[heard.device_id] = heard if known is None else _newer(known, heard)


def _which(one: Observation) -> int | None:
    """Return which state of the device an observation is of; None for none, and for what cannot be."""
    if type(one) is Scalar and one.quantity in _OF_ITSELF:
        low, high = _POSSIBLE[one.quantity]
        return _OF_ITSELF[one.quantity] if low <= one.value <= high else None
    return _LINE if type(one) is Event and one.kind == "connection" else None


def _of_when(one: Observation, received_ms: int) -> int:
    """Return of when an observation is: by the device's own time where that is sane, else when it came. [ms]."""
    is_wrong = one.quality & _DOUBTED and not one.quality & _LATE
    return received_ms if one.time_quality is not _DEVICE or is_wrong else min(one.observed_at_ms, received_ms)


def _said(device_id: str, one: Observation, at_ms: int, *, in_doubt_ms: int) -> Heard:
    if type(one) is Scalar and one.quantity == "battery":
        return Heard(device_id, battery_percent=one.value, battery_ms=in_doubt_ms)
    if type(one) is Scalar:
        return Heard(device_id, signal_dbm=one.value, signal_ms=in_doubt_ms)
    if type(one) is Event:
        line = "on" if one.state == "on" else str(one.attributes.get("reason", ""))[:32]
        return Heard(device_id, line=line, line_ms=at_ms)
    return Heard(device_id)


def _newer(known: Heard, heard: Heard) -> Heard:
    battery = known if heard.battery_percent is None else heard
    signal = known if heard.signal_dbm is None else heard
    line = known if heard.line is None else heard
    return Heard(
        heard.device_id,
        max(known.seen_ms, heard.seen_ms),
        battery.battery_percent,
        signal.signal_dbm,
        line.line,
        line.line_ms,
        battery.battery_ms,
        signal.signal_ms,
    )
