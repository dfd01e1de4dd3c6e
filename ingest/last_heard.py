"""When each device was last heard, and its battery, signal and line: for the list of devices, a minute late at most.

One look at each record of a batch, after it is in the store; the database gets a device at most once a minute, however
often it speaks.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import NamedTuple

from anhu.contract.clock import MINUTE_MS
from anhu.contract.observation import Event, Observation, Scalar
from anhu.contract.record import Numbers
from ingest.store.port import Stored

_MOST_DEVICES = 200_000
_AT_ONCE = 5_000
_OURS = frozenset({"connection", "sensor_fault"})
"""What we say of a device, which may be silent."""


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
    """

    device_id: str
    seen_ms: int = 0
    battery_percent: float | None = None
    signal_dbm: float | None = None
    line: str | None = None
    line_ms: int = 0

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
        self._lock = threading.Lock()
        self.forgotten = 0
        """News given up because too many devices had some. [devices]"""

    def hear(self, readings: Sequence[Stored]) -> None:
        """Take note of a batch that is stored."""
        seen: dict[str, int] = {}
        said: list[Heard] = []
        for reading in readings:
            if type(reading) is Numbers:
                seen[reading.device_id] = reading.received_at_ms
                values = reading.values
                if "battery" in values or "signal_strength" in values:
                    said.append(Heard(reading.device_id, 0, values.get("battery"), values.get("signal_strength")))
            else:
                said += [_said(reading.device_id, one) for one in reading.observations]
                if not all(type(one) is Event and one.kind in _OURS for one in reading.observations):
                    seen[reading.device_id] = reading.received_at_ms
        with self._lock:
            self._seen.update(seen)
            for heard in said:
                self._add(heard)
            while len(self._seen) > _MOST_DEVICES:
                self._seen.popitem()
                self.forgotten += 1

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

    def _add(self, heard: Heard) -> None:
        if heard.is_nothing:
            return
        known = self._said.get(heard.device_id)
        if known is None and len(self._said) >= _MOST_DEVICES:
            self.forgotten += 1
            return
        self._said[heard.device_id] = heard if known is None else _newer(known, heard)


def _said(device_id: str, one: Observation) -> Heard:
    if type(one) is Scalar and one.quantity == "battery":
        return Heard(device_id, battery_percent=one.value)
    if type(one) is Scalar and one.quantity == "signal_strength":
        return Heard(device_id, signal_dbm=one.value)
    if type(one) is Event and one.kind == "connection":
        line = "on" if one.state == "on" else str(one.attributes.get("reason", ""))[:32]
        return Heard(device_id, line=line, line_ms=one.observed_at_ms)
    return Heard(device_id)


def _newer(known: Heard, heard: Heard) -> Heard:
    return Heard(
        heard.device_id,
        max(known.seen_ms, heard.seen_ms),
        known.battery_percent if heard.battery_percent is None else heard.battery_percent,
        known.signal_dbm if heard.signal_dbm is None else heard.signal_dbm,
        *((known.line, known.line_ms) if heard.line is None else (heard.line, heard.line_ms)),
    )
