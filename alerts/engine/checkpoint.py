"""The engine's state at one moment, written down in slices while work goes on.

At 100,000 residents the whole takes seconds, and a call for help must not wait for it. So whatever is about to change
is written first, as it still is; the rest follows a slice at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

import msgspec

from alerts.engine.device_state import DeviceState

_ENCODER = msgspec.msgpack.Encoder()


class Checkpoint:
    """One state of an engine; it listens to what is about to change (`alerts.engine.device_states`).

    Parameters
    ----------
    head : mapping
        What is small; it is written at once.
    devices, residents : iterable of DeviceState
        Who is there at this moment; nobody who comes later belongs to it.
    """

    def __init__(
        self, head: Mapping[str, Any], devices: Iterable[DeviceState], residents: Iterable[DeviceState]
    ) -> None:
        self._head = {key: msgspec.Raw(_ENCODER.encode(value)) for key, value in head.items()}
        self._devices: dict[DeviceState, bytes | None] = dict.fromkeys(devices)
        self._residents: dict[DeviceState, bytes | None] = dict.fromkeys(residents)
        self._rest = iter([*self._devices, *self._residents])
        self.is_complete = False

    def before(self, state: DeviceState) -> None:
        """Write down what is about to change, unless it is written already."""
        if self._devices.get(state, b"") is None:
            device = state.device
            self._devices[state] = _ENCODER.encode([device.device_id, device.resident_id, state.snapshot()])
        elif self._residents.get(state, b"") is None:
            self._residents[state] = _ENCODER.encode(state.detectors_snapshot())

    def before_all(self) -> None:
        """Write down what is left, when everything is about to change."""
        self.go_on()

    def go_on(self, most: int | None = None) -> None:
        """Write the next ones, or all that is left."""
        part = list(islice(self._rest, most))
        for state in part:
            self.before(state)
        self.is_complete = most is None or len(part) < most

    def encoded(self) -> bytes:
        """Return the whole, once it is complete."""
        devices = [msgspec.Raw(kept) for kept in self._devices.values() if kept is not None]
        residents = {w.device.resident_id: msgspec.Raw(kept) for w, kept in self._residents.items() if kept is not None}
        return _ENCODER.encode({**self._head, "devices": devices, "residents": residents})
