"""The engine's state at one moment, written down in slices while work goes on.

At 100,000 residents the whole takes seconds, and a call for help must not wait for it. So whatever is about to change
is written first, as it still is; the rest follows a slice at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

import msgspec

from alerts.engine.device_state import Watch

_ENCODER = msgspec.msgpack.Encoder()


class Checkpoint:
    """One state of an engine.

    Parameters
    ----------
    head : mapping
        What is small; it is written at once.
    devices, residents : iterable of Watch
        Who is there at this moment; nobody who comes later belongs to it.
    """

    def __init__(self, head: Mapping[str, Any], devices: Iterable[Watch], residents: Iterable[Watch]) -> None:
        self._head = {key: msgspec.Raw(_ENCODER.encode(value)) for key, value in head.items()}
        self._devices: dict[Watch, bytes | None] = dict.fromkeys(devices)
        self._residents: dict[Watch, bytes | None] = dict.fromkeys(residents)
        self._rest = iter([*self._devices, *self._residents])
        self.is_complete = False

    def before(self, watch: Watch) -> None:
        """Write down what is about to change, unless it is written already."""
        if self._devices.get(watch, b"") is None:
            device = watch.device
            self._devices[watch] = _ENCODER.encode([device.device_id, device.resident_id, watch.snapshot()])
        elif self._residents.get(watch, b"") is None:
            self._residents[watch] = _ENCODER.encode(watch.detectors_snapshot())

    def go_on(self, most: int | None = None) -> None:
        """Write the next ones, or all that is left."""
        part = list(islice(self._rest, most))
        for watch in part:
            self.before(watch)
        self.is_complete = most is None or len(part) < most

    def encoded(self) -> bytes:
        """Return the whole, once it is complete."""
        devices = [msgspec.Raw(kept) for kept in self._devices.values() if kept is not None]
        residents = {w.device.resident_id: msgspec.Raw(kept) for w, kept in self._residents.items() if kept is not None}
        return _ENCODER.encode({**self._head, "devices": devices, "residents": residents})
