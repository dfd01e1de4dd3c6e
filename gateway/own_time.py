"""A millisecond of its own for each message of one device."""

from __future__ import annotations

_BUNCH_MS = 10_000


class OwnTimes:
    """Gives messages that one device sent in a bunch times that differ, in the order they came.

    A device without a clock has no other time than ours. What it kept while it, or we, could not be reached comes in
    one piece, and of two numbers of one quantity and millisecond only the first would stand. A time is put off by 10 s
    at most: what comes later than that in one bunch shares a millisecond, and is kept among the dead letters.
    """

    def __init__(self) -> None:
        self._last_ms: dict[str, int] = {}
        self._newest_ms = 0

    def of(self, device_id: str, received_at_ms: int) -> int:
        """Return the time to go by: `received_at_ms`, or the first one after the device's last. [ms]."""
        if not 0 <= self._newest_ms - received_at_ms <= _BUNCH_MS:  # none goes back to then, or the clock was set back
            self._last_ms.clear()
            self._newest_ms = received_at_ms
        own_ms = max(received_at_ms, self._last_ms.get(device_id, 0) + 1)
        self._last_ms[device_id] = own_ms
        self._newest_ms = max(self._newest_ms, own_ms)
        return own_ms
