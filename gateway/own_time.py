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
        newest_ms = self._newest_ms
        if received_at_ms > newest_ms or newest_ms - received_at_ms > _BUNCH_MS:  # nobody's last; or a clock set back
            self._last_ms.clear()
            self._last_ms[device_id] = self._newest_ms = received_at_ms
            return received_at_ms
        last_ms = self._last_ms.get(device_id)
        own_ms = received_at_ms if last_ms is None or last_ms < received_at_ms else last_ms + 1
        self._last_ms[device_id] = own_ms
        if own_ms > newest_ms:
            self._newest_ms = own_ms
        return own_ms
