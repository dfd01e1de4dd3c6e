"""How long a connection may be silent at this door, and how long a packet may take."""

from __future__ import annotations

from gateway.doors.silence_watch import SLOWEST_BYTES_S
from gateway.doors.tcp.link import Link
from gateway.doors.tcp.presence import Presence
from gateway.doors.tcp.shared import Shared


class TcpSilence:
    """A family says how long its devices may be silent; who is none yet has less time. [s]."""

    def __init__(self, presence: Presence, shared: Shared) -> None:
        self._presence, self._shared = presence, shared

    def excuse(self, link: Link, busy_s: float) -> None:
        """Do not count so much of it."""
        link.began_s += busy_s
        link.last_seen_s += busy_s

    def begin_anew(self, link: Link, now_s: float) -> None:
        """Count it from now."""
        link.began_s = link.last_seen_s = now_s

    def end_if_over(self, link: Link, now_s: float) -> None:
        """Close a connection that has been silent for too long, or whose packet does not come to an end."""
        if link.wire.is_open:
            self._look_at(link, now_s)

    def pass_time(self, now_s: float) -> None:
        """Let grow old whose connections broke again and again."""
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
        elif unread and now_s - link.began_s > settings.packet_s + unread / SLOWEST_BYTES_S:
            counters.slow_closed += 1
            link.wire.close("slow_packet", f"{unread} bytes")
        elif link.cutter.family is not None and now_s - link.last_seen_s > link.cutter.family.spec.max_silence_s:
            counters.silent_closed += 1
            link.wire.close("keep_alive")
