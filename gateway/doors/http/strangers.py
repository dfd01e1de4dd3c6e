"""What a vendor's cloud says of devices that are not its product's, or switched off: refused, counted, never lost.

The cloud itself is known by its key. So such a message is most likely of a device that nobody has enrolled yet, and
what it says waits until somebody does.
"""

from __future__ import annotations

from gateway.codec import Frame
from gateway.directory import DeviceEntry, ProductEntry
from gateway.doors.http.counters import HttpCounters
from gateway.group_commit import Done
from gateway.quarantine import Quarantine, QuarantineRefusedError
from gateway.refused_words import word_for_help
from gateway.stranger import Stranger


class Strangers:
    """Hands messages of devices that may not speak here to whoever listens to them."""

    def __init__(self, counters: HttpCounters, quarantine: Quarantine) -> None:
        self._counters, self._quarantine = counters, quarantine

    def take(self, frame: Frame, product: ProductEntry, device: DeviceEntry | None, done: Done, token: object) -> None:
        """Take one; ``done`` is called as `gateway.intake.Intake` does, whether it was kept or only counted."""
        self._counters.strangers += 1
        self._counters.stranger_calls += bool(word_for_help(frame.payload))
        if device is not None and device.product_id == product.product_id:
            self._quarantine.shut_out.take(frame, device, done, token)
            return
        stranger = Stranger(said=frame.device_id, codec=product.codec, product_id=product.product_id)
        self._quarantine.take(frame, stranger, _taken, (done, token))

    def tells(self, frame: Frame, product: ProductEntry, done: Done, token: object) -> bool:
        """Have a push that names no device told and kept as its product's stranger, if it is a call for help.

        ``done`` is called only where it is, perhaps before this returns.
        """
        if not word_for_help(frame.payload):
            return False
        self._counters.stranger_calls += 1
        stranger = Stranger(said=frame.route, codec=product.codec, product_id=product.product_id)
        self._quarantine.take(frame, stranger, _taken, (done, token))
        return True


def _taken(asked: tuple[Done, object], error: Exception | None) -> None:
    done, token = asked
    done(token, None if isinstance(error, QuarantineRefusedError) else error)
