"""Messages that come in parts over one connection, within bounds."""

from __future__ import annotations

from gateway.door_specs import Part

_MOST_MESSAGES = 8


class Parts:
    """Parts until their message is whole.

    Parameters
    ----------
    max_bytes : int
        Of all unfinished messages; the oldest is given up for a new one. [byte]

    Attributes
    ----------
    given_up : int
        Unfinished messages that had to go since this was last asked.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._messages: dict[tuple[str, int, int], dict[int, bytes]] = {}
        self._bytes = 0
        self.given_up = 0

    def __len__(self) -> int:
        return len(self._messages)

    def add(self, device_id: str, part: Part, packet: bytes) -> tuple[bytes, ...]:
        """Take a part; return all of its message in their order once none is missing, else nothing."""
        key = (device_id, part.message, part.total)
        found = self._messages.setdefault(key, {})
        self._bytes += len(packet) - len(found.get(part.number, b""))
        found[part.number] = packet
        if len(found) == part.total:
            self._forget(key)
            return tuple(found[number] for number in sorted(found))
        while self._bytes > self._max_bytes or len(self._messages) > _MOST_MESSAGES:
            self._forget(next(iter(self._messages)))
            self.given_up += 1
        return ()

    def _forget(self, key: tuple[str, int, int]) -> None:
        self._bytes -= sum(map(len, self._messages.pop(key).values()))
