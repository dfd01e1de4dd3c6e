"""Messages that are on disk already: a vendor whose answer was lost sends them once more."""

from __future__ import annotations

_MOST = 50_000
_MS = 1_000


class Repeats:
    """Remembers what was kept, for as long as its family says that the same again is the same.

    Only for families whose messages have neither time nor number of their own: others are known by these.
    """

    def __init__(self) -> None:
        self._kept_ms: dict[int, int] = {}

    def is_one(self, message: int, within_s: float, now_ms: int) -> bool:
        """Tell whether a message (its hash) was kept so short a time ago; a clock set back forgets. [s, ms]."""
        kept_ms = self._kept_ms.get(message)
        return kept_ms is not None and 0 <= now_ms - kept_ms < within_s * _MS

    def kept(self, message: int, now_ms: int) -> None:
        """Take that a message is on disk. [ms]."""
        self._kept_ms.pop(message, None)
        if len(self._kept_ms) >= _MOST:
            del self._kept_ms[next(iter(self._kept_ms))]
        self._kept_ms[message] = now_ms
