"""Devices as they come in by each door, and the moment in which they are cut off."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from simulators import mqtt_packets as packets
from tests.gateway.doors.websocket_client import masked, request

_WAIT_S = 10.0
_KEEP_ALIVE_S = 60
_PUSH_EVERY_S = 0.02
_HOST = "127.0.0.1"
Dial = Callable[[], socket.socket]


class Visitor(Protocol):
    """One device at one door."""

    def come_in(self) -> bool:
        """Connect; tell whether it was let in."""
        ...

    def cut_off_s(self) -> float:
        """Wait until it is thrown out, and return when, by the monotonic clock. [s]."""
        ...

    def leave(self) -> None:
        """Close."""
        ...


class LineVisitor:
    """A device that keeps a connection.

    Parameters
    ----------
    hello : list of bytes
        What it says, each once the one before was answered.
    is_welcome : callable
        Whether the last answer lets it in.
    """

    def __init__(self, dial: Dial, hello: list[bytes], is_welcome: Callable[[bytes], bool]) -> None:
        self._dial, self._hello, self._is_welcome = dial, hello, is_welcome
        self._socket: socket.socket | None = None

    def come_in(self) -> bool:
        """Connect; tell whether it was let in."""
        self.leave()
        answer = b""
        try:
            self._socket = self._dial()
            self._socket.settimeout(_WAIT_S)
            for words in self._hello:
                self._socket.sendall(words)
                answer = self._socket.recv(4_096)
        except (OSError, ssl.SSLError):
            return False
        return self._is_welcome(answer)

    def cut_off_s(self) -> float:
        """Wait until it is thrown out, and return when, by the monotonic clock. [s]."""
        assert self._socket is not None
        self._socket.settimeout(_WAIT_S)
        with suppress(ConnectionError, ssl.SSLError):
            while self._socket.recv(4_096):
                pass
        return time.monotonic()

    def leave(self) -> None:
        """Close."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class PushVisitor:
    """A vendor's cloud that pushes for a device again and again."""

    def __init__(self, port: int, product: str, key: str, device_id: str) -> None:
        self._port, self._product, self._key, self._device_id = port, product, key.encode(), device_id
        self._client = http.client.HTTPConnection(_HOST, port, timeout=_WAIT_S)

    def come_in(self) -> bool:
        """Push once."""
        at = f"{time.time() * 1_000:.0f}"
        body = json.dumps({"v": 1, "time": int(at), "values": {"heart_rate": 72}})
        said = f"{at}\n{self._device_id}\n{body}".encode()
        headers = {
            "X-Anhu-Device": self._device_id,
            "X-Anhu-Time": at,
            "X-Anhu-Signature": hmac.new(self._key, said, hashlib.sha256).hexdigest(),
        }
        self._client.request("POST", f"/push/{self._product}", body, headers)
        answer = self._client.getresponse()
        answer.read()
        return answer.status == http.client.OK

    def cut_off_s(self) -> float:
        """Push until it is refused."""
        end_s = time.monotonic() + _WAIT_S
        while self.come_in():
            if time.monotonic() > end_s:
                raise TimeoutError
            time.sleep(_PUSH_EVERY_S)
        return time.monotonic()

    def leave(self) -> None:
        """Close."""
        self._client.close()


def plain(port: int) -> Dial:
    """Return how a plain connection is made."""
    return lambda: socket.create_connection((_HOST, port), timeout=_WAIT_S)


def by_mqtt(dial: Dial, device_id: str, secret: str, client_id: str = "") -> Visitor:
    """Return a device that speaks MQTT."""
    greeting = packets.connect(client_id or device_id, device_id, secret, _KEEP_ALIVE_S)
    return LineVisitor(dial, [greeting], lambda answer: answer[:1] == b"\x20" and answer[3:4] == b"\0")


def by_websocket(port: int, device_id: str, secret: str) -> Visitor:
    """Return one that speaks it inside WebSocket."""
    greeting = masked(packets.connect(device_id, device_id, secret, _KEEP_ALIVE_S))
    welcome: Callable[[bytes], bool] = lambda answer: answer[:3] == b"\x82\x04\x20" and answer[5:6] == b"\0"  # noqa: E731
    return LineVisitor(plain(port), [request(), greeting], welcome)


def by_certificate(port: int, device_id: str, server: Path, certificate: tuple[Path, Path]) -> Visitor:
    """Return one whom its certificate lets in."""
    context = ssl.create_default_context(cafile=str(server))
    context.load_cert_chain(*certificate)

    def dial() -> socket.socket:
        return context.wrap_socket(plain(port)(), server_hostname=_HOST)

    return by_mqtt(dial, device_id, "-")


def by_signature(port: int, device_id: str, secret: str) -> Visitor:
    """Return one on Huawei's SDK, which signs the hour with its secret."""
    hour = time.strftime("%Y%m%d%H", time.gmtime())
    password = hmac.new(hour.encode(), secret.encode(), "sha256").hexdigest()
    return by_mqtt(plain(port), device_id, password, f"{device_id}_0_1_{hour}")


def by_tcp(port: int, number: str) -> Visitor:
    """Return a watch that speaks ``[3G*…]``."""
    return LineVisitor(plain(port), [f"[3G*{number}*0002*LK]".encode()], lambda answer: b"*LK" in answer)


def by_mllp(port: int, name: str) -> Visitor:
    """Return a kiosk that speaks HL7."""
    lines = (
        f"MSH|^~\\&|{name}|HALL|ANHU|HOME|20261122062640+0800||ORU^R01^ORU_R01|77|P|2.6",
        "PID|||U-1",
        "OBR|1",
        "OBX|1|NM|8867-4^Heart rate^LN||72|/min|||||F|||20261122062640+0800",
    )
    said = b"\x0b" + "".join(f"{line}\r" for line in lines).encode() + b"\x1c\r"
    return LineVisitor(plain(port), [said], lambda answer: b"MSA|AA" in answer)
