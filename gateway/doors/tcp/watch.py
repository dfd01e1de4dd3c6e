"""Closes connections on which nothing came for too long, or whose packet does not come to an end."""

from __future__ import annotations

import asyncio
from collections.abc import Set as AbstractSet

from gateway.doors.tcp.link import Link
from gateway.doors.tcp.presence import Presence
from gateway.doors.tcp.shared import Shared

_SWEEP_S = 0.5
_SLOWEST_BYTES_S = 500.0
"""A packet under way may take as long as it does at this rate: a poor modem's 1,200 baud. [byte/s]"""
CLOSING_S = 5.0
"""How long a connection may take to close. [s]"""


class Watch:
    """Looks at every connection again and again.

    Parameters
    ----------
    links : set of Link
        All connections there are; looked at, never changed.
    """

    def __init__(self, links: AbstractSet[Link], presence: Presence, shared: Shared) -> None:
        self._links, self._presence, self._shared = links, presence, shared

    async def run(self) -> None:
        """Sweep for ever; a time in which we read nothing is not counted against anybody."""
        swept_s = self._shared.now_s()
        while True:
            await asyncio.sleep(_SWEEP_S)
            now_s = self._shared.now_s()
            self.excuse(now_s - swept_s - 2 * _SWEEP_S)
            self.sweep(now_s)
            swept_s = now_s

    def excuse(self, busy_s: float) -> None:
        """Do not count a time in which we were busy. [s]."""
        if busy_s > 0:
            for link in self._links:
                link.began_s += busy_s
                link.last_seen_s += busy_s

    def sweep(self, now_s: float) -> None:
        """Close what has been silent for too long, and drop what does not close. [s]."""
        for link in tuple(self._links):
            if now_s - link.wire.closing_since_s > CLOSING_S:
                link.wire.abort()
            elif link.wire.waits_for_us:
                link.began_s = link.last_seen_s = now_s
            elif link.wire.is_open:
                self._look_at(link, now_s)
        self._presence.restless.pass_time(now_s)

    def _look_at(self, link: Link, now_s: float) -> None:
        settings, counters, unread = self._shared.settings, self._shared.counters, link.cutter.unread_bytes
        if not link.speaking.devices:
            unknown = link.unknown_since_s
            over = (
                now_s - unknown > settings.unknown_s if unknown else now_s - link.last_seen_s > settings.first_packet_s
            )
            if over:
                counters.silent_closed += 1
                link.wire.close("keep_alive")
        elif unread and now_s - link.began_s > settings.packet_s + unread / _SLOWEST_BYTES_S:
            counters.slow_closed += 1
            link.wire.close("slow_packet", f"{unread} bytes")
        elif link.cutter.family is not None and now_s - link.last_seen_s > link.cutter.family.spec.max_silence_s:
            counters.silent_closed += 1
            link.wire.close("keep_alive")
