"""Closes connections on which nothing came for too long, and lets the sessions of absent devices grow old."""

from __future__ import annotations

import asyncio
from collections.abc import Set as AbstractSet

from gateway.doors.mqtt.link import Link
from gateway.doors.mqtt.presence import Presence
from gateway.doors.mqtt.shared import Shared
from gateway.mqtt.reason import Reason

_SWEEP_S = 0.5
_SLOWEST_BYTES_S = 500.0
"""A packet under way may take as long as it does at this rate: a poor modem's 1,200 baud. [byte/s]"""
CLOSING_S = 5.0
"""How long a connection may take to close. [s]"""


class SilenceWatch:
    """Looks at every connection again and again.

    Parameters
    ----------
    links : set of Link
        All connections there are; looked at, never changed.
    """

    def __init__(self, links: AbstractSet[Link], presence: Presence, shared: Shared) -> None:
        self._links, self._presence, self._shared = links, presence, shared

    async def run(self) -> None:
        """Sweep for ever."""
        swept_s = self._shared.now_s()
        while True:
            await asyncio.sleep(_SWEEP_S)
            now_s = self._shared.now_s()
            self.excuse(now_s - swept_s - 2 * _SWEEP_S)
            self.sweep(now_s)
            swept_s = now_s

    def excuse(self, busy_s: float) -> None:
        """Do not count a time in which we read nothing: what the devices said then has still to be read. [s].

        When everybody is cut off at once, the ends of tens of thousands of connections come before the next CONNECT.
        """
        if busy_s > 0:
            for link in self._links:
                link.wire.last_seen_s += busy_s
                link.wire.last_byte_s += busy_s

    def sweep(self, now_s: float) -> None:
        """Close what has been silent for too long, drop what does not close, and let sessions grow old. [s]."""
        for link in tuple(self._links):
            wire = link.wire
            if now_s - wire.closing_since_s > CLOSING_S:
                wire.abort()
            elif wire.waits_for_us:
                wire.last_seen_s = wire.last_byte_s = now_s
            elif now_s - wire.last_seen_s > link.silent_limit_s and _is_over(link, now_s):
                self._shared.counters.silent_closed += 1
                wire.close(Reason.KEEP_ALIVE_TIMEOUT, "no whole packet came for too long", "keep_alive")
        self._presence.pass_time(now_s)


def _is_over(link: Link, now_s: float) -> bool:
    """Tell whether a link that was silent for its limit has no more time to finish a packet. [s].

    A stranger has none: with single bytes he would hold a place for ever. A device has what the packet needs.
    """
    wire, limit_s = link.wire, link.silent_limit_s
    if link.device is None or now_s - wire.last_byte_s > limit_s:
        return True
    return now_s - wire.last_seen_s > limit_s + wire.core.unread_bytes / _SLOWEST_BYTES_S
