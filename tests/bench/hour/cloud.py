"""A vendor's cloud that pushes at a rate, a hundred messages at once: a process of its own, told by one line."""

from __future__ import annotations

import json
import socket
import sys
import time
from collections.abc import Sequence

from tests.bench.pushers import _Cloud

_TOGETHER = 100
_PATIENCE_S = 30.0
_OK = b"HTTP/1.1 200"


def _exchange(port: int, sock: socket.socket | None, said: bytes) -> tuple[socket.socket | None, bool]:
    """Push once; a connection that was closed meanwhile is opened again, as every HTTP client does."""
    try:
        sock = sock or socket.create_connection(("127.0.0.1", port), _PATIENCE_S)
        sock.sendall(said)
        answer = sock.recv(65_536)
    except OSError:
        return None, False
    return (sock if answer else None), answer.startswith(_OK)


def run(port: int, product: str, key: str, devices: Sequence[str], *, rate: float, seconds: float) -> dict[str, float]:
    """Push at a rate for a time; what is not answered 200 is pushed again until it is. [messages/s, s]."""
    cloud, sock = _Cloud(product, key, devices, _TOGETHER), None
    pushes = again = 0
    late_s = slowest_s = 0.0
    began_s = time.monotonic()
    while (now_s := time.monotonic() - began_s) < seconds:
        due_s = pushes * _TOGETHER / rate
        if due_s > now_s:
            time.sleep(min(due_s - now_s, 0.5))
            continue
        late_s = max(late_s, now_s - due_s)
        said, kept, sent_s = cloud.next(), False, time.monotonic()
        while not kept:
            sock, kept = _exchange(port, sock, said)
            if not kept:
                again += 1
                time.sleep(0.2)
        slowest_s = max(slowest_s, time.monotonic() - sent_s)
        pushes += 1
    return {"messages": pushes * _TOGETHER, "again": again, "late_s": late_s, "slowest_s": slowest_s}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(**json.loads(sys.stdin.readline()))))
