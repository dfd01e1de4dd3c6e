"""What devices say that nobody registered: the one place through which all of it goes."""

from __future__ import annotations

import logging

from gateway.codec import Codec, Frame
from gateway.doors.set_aside import shown
from gateway.doors.tcp.counters import TcpCounters

_logger = logging.getLogger(__name__)
_MOST_NAMES = 10_000


class Unknown:
    """Counts them, and names each once in the log of the process; 10,000 at most."""

    def __init__(self, counters: TcpCounters) -> None:
        self._counters = counters
        self._named: set[str] = set()

    def take(self, frame: Frame, codec: Codec) -> None:
        """Take a packet of a device that is not registered; its sender is told that it was not kept."""
        self._counters.unknown_packets += 1
        if frame.device_id in self._named or len(self._named) >= _MOST_NAMES:
            return
        self._named.add(frame.device_id)
        self._counters.unknown_devices += 1
        _logger.warning(
            "a device that nobody registered: %s, codec %s, from %s", shown(frame.device_id), codec.name, frame.route
        )
