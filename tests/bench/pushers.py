"""A vendor's cloud as one lean process: signed pushes over many connections, each sent when the last was answered."""

from __future__ import annotations

import hashlib
import hmac
import json
import selectors
import socket
import sys
import time
from collections.abc import Sequence
from typing import NamedTuple

_VALUES = '"values":{"heart_rate":72.5,"spo2":97,"respiration_rate":16}'
_END = b"\r\n\r\n"


class Pushed(NamedTuple):
    """What one run of pushing came to.

    Attributes
    ----------
    s, cpu_s : float
        How long it took, and CPU time it used. [s]
    took_s : list of float
        From a push to its answer, of each. [s]
    """

    pushes: int
    messages: int
    refused: int
    s: float
    cpu_s: float
    took_s: list[float]


class _Cloud:
    """Makes pushes: each with a later time than the one before."""

    def __init__(self, product: str, key: str, devices: Sequence[str], together: int) -> None:
        self._path, self._key, self._devices, self._together = f"/push/{product}", key.encode(), devices, together
        self._sent = 0
        self._base_ms = round(time.time() * 1_000) - 600_000

    def next(self) -> bytes:
        """Return the next push."""
        if self._together == 1:
            device, body = self._message()
            at = str(round(time.time() * 1_000))
            said = f"{at}\n{device}\n{body}".encode()
            signature = hmac.new(self._key, said, hashlib.sha256).hexdigest()
            headers = f"X-Anhu-Device: {device}\r\nX-Anhu-Time: {at}\r\nX-Anhu-Signature: {signature}"
        else:
            many = (self._message() for _ in range(self._together))
            body = "[" + ",".join(f'{{"device":"{device}","message":{said}}}' for device, said in many) + "]"
            headers = f"Authorization: Bearer {self._key.decode()}"
        head = f"POST {self._path} HTTP/1.1\r\nHost: anhu\r\nContent-Type: application/json\r\n{headers}\r\n"
        return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()

    def _message(self) -> tuple[str, str]:
        n = self._sent = self._sent + 1
        device = self._devices[n % len(self._devices)]
        return device, f'{{"v":1,"time":{self._base_ms + n // len(self._devices)},{_VALUES}}}'


def push(port: int, product: str, key: str, devices: Sequence[str], *, lanes: int, together: int, s: float) -> Pushed:
    """Push over so many connections for a time. [s]."""
    cloud, took_s, refused = _Cloud(product, key, devices, together), [], 0
    with selectors.DefaultSelector() as waiting:
        socks = [socket.create_connection(("127.0.0.1", port)) for _ in range(lanes)]
        sent_s: dict[socket.socket, float] = {}
        began_s, cpu_s = time.perf_counter(), time.process_time()
        for sock in socks:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            waiting.register(sock, selectors.EVENT_READ)
            sent_s[sock] = time.perf_counter()
            sock.sendall(cloud.next())
        end_s = began_s + s
        while sent_s:
            for chosen, _ in waiting.select(10):
                open_one = chosen.fileobj
                assert isinstance(open_one, socket.socket)
                answer = open_one.recv(65_536)
                now_s = time.perf_counter()
                if _END not in answer:
                    raise ConnectionError("the door closed a connection, or answered in pieces")
                took_s.append(now_s - sent_s.pop(open_one))
                refused += not answer.startswith(b"HTTP/1.1 200")
                if now_s < end_s:
                    sent_s[open_one] = now_s
                    open_one.sendall(cloud.next())
        taken_s, used_s = time.perf_counter() - began_s, time.process_time() - cpu_s
        for sock in socks:
            sock.close()
    return Pushed(len(took_s), len(took_s) * together, refused, taken_s, used_s, took_s)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(push(**json.loads(sys.argv[1]))._asdict()))
