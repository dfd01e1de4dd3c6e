"""What the door to a broker has done since it started, for the health page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class BrokerCounters:
    """Counts since the start, of all lanes."""

    connected: int = 0
    subscribed: int = 0
    received: int = 0
    acknowledged: int = 0
    unknown_devices: int = 0
    log_failures: int = 0
    access_told: int = 0
    access_refused: int = 0
