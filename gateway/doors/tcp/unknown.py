"""Devices that may not speak: the one place through which all that they say goes. It may be a call for help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.codec import Frame
from gateway.directory import DeviceEntry
from gateway.door_specs import Disposition
from gateway.quarantine import Quarantine, QuarantineRefusedError
from gateway.stranger import Stranger

Heard = Callable[[Any, Disposition], None]
"""Called with the caller's own token, and with what became of the message."""


class Hearing:
    """Listens to devices that nobody registered, or that are switched off."""

    def __init__(self, quarantine: Quarantine) -> None:
        self._quarantine = quarantine

    def take(self, frame: Frame, codec: str, heard: Heard, token: object) -> None:
        """Take a packet of a device that is not registered, and of the family that it speaks.

        It waits for whoever adopts the device. ``heard`` is told `Disposition.ACCEPTED` once it is on disk, `REJECTED`
        where it is not kept, `RELEASED` where it should be sent again.
        """
        stranger = Stranger(said=frame.device_id, codec=codec, address=frame.route)
        self._quarantine.take(frame, stranger, _taken, (heard, token))

    def take_shut_out(self, frame: Frame, device: DeviceEntry) -> bool:
        """Take a packet of a device that is switched off, and is answered nothing; return whether it is a call."""
        return self._quarantine.shut_out.take(frame, device, _unanswered)


def _taken(asked: tuple[Heard, object], error: Exception | None) -> None:
    heard, token = asked
    if error is None:
        heard(token, Disposition.ACCEPTED)
    else:
        refused = isinstance(error, QuarantineRefusedError)
        heard(token, Disposition.REJECTED if refused else Disposition.RELEASED)


def _unanswered(_token: object, _error: Exception | None) -> None:
    """Answer nothing: it is not used, whatever became of it."""
