"""The primitive types of MQTT (§1.5): read one after the other from a packet's body, and written."""

from __future__ import annotations

from gateway.mqtt.reason import MqttError, Reason

_MAX_VARINT_BYTES = 4


class Cursor:
    """Reads a packet's body from front to back; running past the end is a malformed packet."""

    __slots__ = ("_data", "_end", "_position")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0
        self._end = len(data)

    @property
    def at_end(self) -> bool:
        """Whether all was read."""
        return self._position >= self._end

    def _take(self, count: int) -> bytes:
        start, end = self._position, self._position + count
        if end > self._end:
            raise MqttError(Reason.MALFORMED_PACKET, f"the packet ends {end - self._end} bytes too early")
        self._position = end
        return self._data[start:end]

    def byte(self) -> int:
        """Read one byte."""
        return self._take(1)[0]

    def two_bytes(self) -> int:
        """Read a two byte integer."""
        return int.from_bytes(self._take(2), "big")

    def four_bytes(self) -> int:
        """Read a four byte integer."""
        return int.from_bytes(self._take(4), "big")

    def varint(self) -> int:
        """Read a variable byte integer of at most four bytes."""
        value = 0
        for i in range(_MAX_VARINT_BYTES):
            byte = self.byte()
            value |= (byte & 0x7F) << (7 * i)
            if byte < 0x80:  # noqa: PLR2004 - the continuation bit
                return value
        raise MqttError(Reason.MALFORMED_PACKET, "a variable byte integer is longer than 4 bytes")

    def binary(self) -> bytes:
        """Read bytes with their length in front."""
        return self._take(self.two_bytes())

    def text(self) -> str:
        """Read a UTF-8 string with its length in front."""
        return utf8(self.binary())

    def packet_id(self) -> int:
        """Read a packet identifier, which is never 0."""
        number = self.two_bytes()
        if not number:
            raise MqttError(Reason.PROTOCOL_ERROR, "a packet identifier is 0")
        return number

    def part(self, length: int) -> Cursor:
        """Return a cursor over the next bytes alone and step behind them."""
        return Cursor(self._take(length))

    def rest(self) -> bytes:
        """Read everything that is left."""
        return self._take(self._end - self._position)


def utf8(data: bytes) -> str:
    """Return MQTT text. Raises `MqttError` for bytes that are no UTF-8 or hold U+0000."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise MqttError(Reason.MALFORMED_PACKET, "a string is not UTF-8") from None
    if "\0" in text:
        raise MqttError(Reason.MALFORMED_PACKET, "a string holds U+0000")
    return text


def encoded_bytes(data: bytes) -> bytes:
    """Return bytes with their length in front."""
    return len(data).to_bytes(2, "big") + data


def encoded_varint(value: int) -> bytes:
    """Return a variable byte integer."""
    out = bytearray()
    rest = value
    while True:
        rest, low = rest >> 7, rest & 0x7F
        out.append(low | (0x80 if rest else 0))
        if not rest:
            return bytes(out)
