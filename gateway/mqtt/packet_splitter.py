"""Cuts the byte stream into packets, wherever the network cut it (MQTT §2.1)."""

from __future__ import annotations

from gateway.mqtt import packets
from gateway.mqtt.reason import MqttError, Reason

_MAX_HEADER_BYTES = 5
_HEAD_BYTES = 70_000  # the longest topic, an identifier, and the beginning of what comes behind
CUT = 0x100
"""Set in the first byte of a PUBLISH that was too long: of its body only the beginning was kept."""


class PacketSplitter:
    """Collects bytes and gives back whole packets.

    What is incomplete waits in one growing buffer, so a packet that comes byte by byte costs no more than its length.
    A PUBLISH that is too long is read past: behind it may stand a call for help.

    Attributes
    ----------
    cut_bytes : int
        Length of the last packet that was read past. [byte]
    """

    __slots__ = ("_buffer", "_cut_first", "_needed", "_position", "_tail", "_to_skip", "cut_bytes")

    def __init__(self) -> None:
        self._buffer = b""
        self._position = 0
        self._tail: bytearray | None = None
        self._needed = 0
        self._cut_first = 0
        self._to_skip = 0
        self.cut_bytes = 0

    @property
    def first_waiting_byte(self) -> int | None:
        """The first byte of a packet that has not come whole."""
        return self._cut_first & 0xFF or (self._tail[0] if self._tail else None)

    @property
    def needed_bytes(self) -> int:
        """How long the packet is that has not come whole, as far as is known; 0 when none waits. [byte]."""
        return self._needed if self._tail is not None else 0

    def push(self, data: bytes) -> None:
        """Add what came."""
        if self._cut_first:
            self._skip(data)
            return
        if self._tail is not None:
            self._tail += data
            if len(self._tail) < self._needed:
                return
            self._buffer, self._tail = bytes(self._tail), None
        elif self._position < len(self._buffer):
            self._buffer = self._buffer[self._position :] + data
        else:
            self._buffer = data
        self._position = 0

    def next(self, max_bytes: int) -> tuple[int, bytes] | None:
        """Return the next packet's first byte and body; None until more has come.

        A PUBLISH longer than ``max_bytes`` in all comes with `CUT` set, once all of it has come. [byte]

        Raises
        ------
        MqttError
            For any other packet that is too long, as soon as its length is known.
        """
        if self._tail is not None:
            return self._cut_packet()
        buffer, start = self._buffer, self._position
        available = len(buffer) - start
        if available < 2:  # noqa: PLR2004 - type and first length byte
            self._wait(2)
            return None
        length = buffer[start + 1]
        body = start + 2
        if length > 0x7F:  # noqa: PLR2004 - the continuation bit
            length, body = self._long_length(start, available)
            if not body:
                self._wait(available + 1)
                return None
        end = body + length
        if end - start > max_bytes:
            if buffer[start] >> 4 != packets.PUBLISH:
                text = f"a packet of {end - start} bytes, expected at most {max_bytes}"
                raise MqttError(Reason.PACKET_TOO_LARGE, text)
            return self._begin_cut(body, end)
        if end > len(buffer):
            self._wait(end - start)
            return None
        self._position = end
        return buffer[start], buffer[body:end]

    def _long_length(self, start: int, available: int) -> tuple[int, int]:
        """Return the remaining length and where the body starts; (0, 0) until all of the length has come."""
        length = 0
        for i in range(1, _MAX_HEADER_BYTES):
            if i >= available:
                return 0, 0
            byte = self._buffer[start + i]
            length |= (byte & 0x7F) << (7 * (i - 1))
            if byte < 0x80:  # noqa: PLR2004 - the continuation bit
                return length, start + i + 1
        raise MqttError(Reason.MALFORMED_PACKET, "a remaining length is longer than 4 bytes")

    def _begin_cut(self, body: int, end: int) -> tuple[int, bytes] | None:
        come, start = self._buffer[body:], self._position
        self._cut_first, self.cut_bytes = CUT | self._buffer[start], end - start
        self._tail, self._needed, self._to_skip = bytearray(), end - start, end - body
        self._buffer, self._position = b"", 0
        self._skip(come)
        return self._cut_packet()

    def _skip(self, data: bytes) -> None:
        """Keep the beginning of a body, pass the rest by, and leave what stands behind it to be read."""
        taken, tail = min(self._to_skip, len(data)), self._tail
        if tail is not None:
            tail += data[: min(taken, _HEAD_BYTES - len(tail))]
        self._to_skip -= taken
        self._buffer += data[taken:]

    def _cut_packet(self) -> tuple[int, bytes] | None:
        """Return what was kept of a packet, once all of it has passed by."""
        if not self._cut_first or self._to_skip:
            return None
        first, body = self._cut_first, bytes(self._tail or b"")
        self._cut_first, self._tail = 0, None
        return first, body

    def _wait(self, needed: int) -> None:
        if self._position < len(self._buffer):
            self._tail = bytearray(self._buffer[self._position :])
            self._needed = needed
        self._buffer = b""
        self._position = 0
