"""A WebSocket client without a library: its handshake, and frames as a client masks them."""

from __future__ import annotations

from tests.gateway.doors.mqtt.raw import Raw

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPTED = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
UPGRADE = {
    "Host": "127.0.0.1",
    "Upgrade": "websocket",
    "Connection": "keep-alive, Upgrade",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Protocol": "mqtt",
}


def masked(payload: bytes, opcode: int = 2, *, is_last: bool = True, mask: bytes = b"\x01\x02\x03\x04") -> bytes:
    length = len(payload)
    first = bytes([(0x80 if is_last else 0) | opcode])
    if length < 126:
        size = bytes([0x80 | length])
    elif length < 65_536:
        size = b"\xfe" + length.to_bytes(2, "big")
    else:
        size = b"\xff" + length.to_bytes(8, "big")
    return first + size + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


def request(path: str = "/mqtt", method: str = "GET", **changed: str | None) -> bytes:
    headers = {name: changed.get(name.replace("-", "_"), value) for name, value in UPGRADE.items()}
    extra = {name.replace("_", "-"): value for name, value in changed.items() if name.replace("_", "-") not in UPGRADE}
    lines = [f"{name}: {value}" for name, value in {**headers, **extra}.items() if value is not None]
    return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode()


class RawWebSocket(Raw):
    """One connection that speaks MQTT inside WebSocket."""

    def shake_hands(self, **changed: str | None) -> bytes:
        """Send the request, and return the answer's head."""
        self.send(request(**changed))  # type: ignore[arg-type]
        return self.head()

    def head(self) -> bytes:
        found = b""
        while not found.endswith(b"\r\n\r\n"):
            more = self._exactly(1)
            if not more:
                break
            found += more
        return found

    def say(self, packet: bytes) -> None:
        """Send MQTT as one frame."""
        self.send(masked(packet))

    def hear(self) -> tuple[int, bytes]:
        """Return the next frame: its first byte and its payload; (0, b"") at the end."""
        try:
            head = self._exactly(2)
        except ConnectionResetError:
            return 0, b""
        if len(head) < 2:
            return 0, b""
        length = head[1]
        if length > 125:
            length = int.from_bytes(self._exactly(2 if length == 126 else 8), "big")
        return head[0], self._exactly(length)
