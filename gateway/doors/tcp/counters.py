"""What the TCP door has done since it started, for the health page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class TcpCounters:
    """Counts since the start."""

    connections: int = 0
    received: int = 0
    answered: int = 0
    devices_accepted: int = 0
    devices_refused: int = 0
    logins_slowed: int = 0
    unknown_packets: int = 0
    unknown_kept: int = 0
    no_family: int = 0
    garbage_bytes: int = 0
    broken_packets: int = 0
    parts: int = 0
    parts_given_up: int = 0
    malformed: int = 0
    lost_with_its_line: int = 0
    silent_closed: int = 0
    slow_closed: int = 0
    taken_over: int = 0
    commands_sent: int = 0
