"""A server that answers every MQTT packet and keeps nothing: shows what the generator itself can do."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import uvloop

from simulators import mqtt_packets as packets


class _Sink(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._buffer = bytearray()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        answers: list[bytes] = []
        for kind, body in packets.cut(self._buffer):
            if kind == 1:
                answers.append(b"\x20\x02\0\0")
            else:
                topic_bytes = int.from_bytes(body[:2], "big")
                answers.append(b"\x40\x02" + body[2 + topic_bytes : 4 + topic_bytes])
        self._transport.write(b"".join(answers))


@contextmanager
def null_sink() -> Iterator[int]:
    """Start the sink in a process of its own and return its port."""
    with socket.create_server(("127.0.0.1", 0), backlog=4_096) as listener:
        command = [sys.executable, "-m", "tests.bench.null_sink", str(listener.fileno())]
        with subprocess.Popen(command, pass_fds=[listener.fileno()]) as process:
            try:
                yield listener.getsockname()[1]
            finally:
                process.kill()


async def _serve(descriptor: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Sink, sock=socket.socket(fileno=descriptor))
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
