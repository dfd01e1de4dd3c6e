"""Devices that nobody registered: the one place through which all that they say goes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Protocol

from gateway.codec import Frame
from gateway.door_specs import Disposition
from gateway.doors.set_aside import shown
from gateway.quarantine import Quarantine, QuarantineRefusedError, Stranger

_logger = logging.getLogger(__name__)
_MOST_NAMES = 10_000

Heard = Callable[[Any, Disposition], None]
"""Called with the caller's own token, and with what became of the message."""


class Hearing(Protocol):
    """Who listens to devices that nobody registered."""

    def take(self, frame: Frame, codec: str, heard: Heard, token: object) -> None:
        """Take a packet of a device that is not registered, and of the family that it speaks.

        It may be a call for help. ``heard`` is told `Disposition.ACCEPTED` once it is on disk, `REJECTED` where it is
        not kept, `RELEASED` where it should be sent again.
        """
        ...


class NobodyHears:
    """Keeps nothing; each device is named once in the log of the process, 10,000 at most."""

    def __init__(self) -> None:
        self._named: set[str] = set()

    def take(self, frame: Frame, codec: str, heard: Heard, token: object) -> None:
        """Take a packet, and let its sender know that it was not kept."""
        if frame.device_id not in self._named and len(self._named) < _MOST_NAMES:
            self._named.add(frame.device_id)
            name, route = shown(frame.device_id), frame.route
            _logger.warning("a device that nobody registered: %s, codec %s, from %s", name, codec, route)
        heard(token, Disposition.REJECTED)


class QuarantineHears:
    """Hands all of it to the quarantine, where it waits for whoever adopts the device; a call for help is told."""

    def __init__(self, quarantine: Quarantine) -> None:
        self._quarantine = quarantine

    def take(self, frame: Frame, codec: str, heard: Heard, token: object) -> None:
        """Take a packet."""
        stranger = Stranger(said=frame.device_id, codec=codec, address=frame.route)
        self._quarantine.take(frame, stranger, _taken, (heard, token))


def _taken(asked: tuple[Heard, object], error: Exception | None) -> None:
    heard, token = asked
    if error is None:
        heard(token, Disposition.ACCEPTED)
    else:
        refused = isinstance(error, QuarantineRefusedError)
        heard(token, Disposition.REJECTED if refused else Disposition.RELEASED)
