"""How long a connection may be silent at this door, and when the sessions of absent devices are old."""

from __future__ import annotations

from gateway.doors.mqtt.link import Link
from gateway.doors.mqtt.presence import Presence
from gateway.doors.mqtt.shared import Shared
from gateway.doors.silence_watch import SLOWEST_BYTES_S
from gateway.mqtt.reason import Reason


class MqttSilence:
    """Each connection says for itself how long it may be silent. [s]."""

    def __init__(self, presence: Presence, shared: Shared) -> None:
        self._presence, self._shared = presence, shared

    def excuse(self, link: Link, busy_s: float) -> None:
        """Do not count so much of it."""
        link.wire.last_seen_s += busy_s
        link.wire.last_byte_s += busy_s

    def begin_anew(self, link: Link, now_s: float) -> None:
        """Count it from now."""
        link.wire.last_seen_s = link.wire.last_byte_s = now_s

    def end_if_over(self, link: Link, now_s: float) -> None:
        """Close a connection that has been silent for too long."""
        if now_s - link.wire.last_seen_s > link.silent_limit_s and _is_over(link, now_s):
            self._shared.counters.silent_closed += 1
            link.wire.close(Reason.KEEP_ALIVE_TIMEOUT, "no whole packet came for too long", "keep_alive")

    def pass_time(self, now_s: float) -> None:
        """Let sessions grow old."""
        self._presence.pass_time(now_s)


def _is_over(link: Link, now_s: float) -> bool:
    """Tell whether a link that was silent for its limit has no more time to finish a packet. [s].

    A stranger has none: with single bytes he would hold a place for ever. A device has what the packet needs.
    """
    wire, limit_s = link.wire, link.silent_limit_s
    if link.device is None or now_s - wire.last_byte_s > limit_s:
        return True
    return now_s - wire.last_seen_s > limit_s + wire.core.unread_bytes / SLOWEST_BYTES_S
