"""Many devices as one lean process: packets made once, only packet id and time put in; PUBACKs counted.

Commands come as JSON lines on standard input, an answer goes out for each. No event loop: one pass over the devices
costs a send and, every few messages, a read. What it can do against a sink that costs nothing is measured too.
"""

from __future__ import annotations

import json
import random
import select
import socket
import sys
import time
from collections.abc import Sequence

from simulators import mqtt_packets as packets

_ACK_BYTES = 4
_READ_EVERY = 4
_VARIANTS = 16
_TIME_DIGITS = b"0000000000000"


class _Device:
    """One connection with its prepared packets."""

    __slots__ = ("heads", "last_ms", "open", "partial", "sequence", "sock", "tails")

    def __init__(self, sock: socket.socket, topic: str, event_every: int) -> None:
        self.sock = sock
        self.open = 0
        self.partial = 0
        self.last_ms = 0
        self.sequence = 0
        self.heads: list[bytes] = []
        self.tails: list[tuple[bytes, bytes]] = []
        for i in range(_VARIANTS):
            packet = packets.publish(topic, _payload(event=bool(event_every) and i % event_every == 0), 0)
            at = packet.index(topic.encode()) + len(topic.encode())
            rest = packet[at + 2 :]
            middle, _, tail = rest.partition(_TIME_DIGITS)
            self.heads.append(packet[:at])
            self.tails.append((middle, tail))

    def next_packet(self, now_ms: int) -> bytes:
        """Return the next message: another value and a later time than the one before."""
        self.last_ms = now_ms if now_ms > self.last_ms else self.last_ms + 1
        n = self.sequence = self.sequence % 65_535 + 1
        i = n % _VARIANTS
        middle, tail = self.tails[i]
        return b"%b%b%b%d%b" % (self.heads[i], n.to_bytes(2, "big"), middle, self.last_ms, tail)

    def read(self) -> int:
        """Return how many messages were answered since the last time."""
        try:
            data = self.sock.recv(65_536)
        except BlockingIOError:
            return 0
        if not data:
            raise ConnectionError("the server closed a connection")
        answered, self.partial = divmod(self.partial + len(data), _ACK_BYTES)
        self.open -= answered
        return answered


def _payload(*, event: bool) -> bytes:
    values = {"heart_rate": 60 + round(random.random() * 30, 1), "spo2": 96 + random.randrange(4)}  # noqa: S311
    values["respiration_rate"] = 12 + random.randrange(6)  # noqa: S311
    body: dict[str, object] = {"v": 1, "time": 0, "values": values}
    if event:
        body["events"] = [{"kind": "motion"}]
    return json.dumps(body, separators=(",", ":")).encode().replace(b'"time":0', b'"time":' + _TIME_DIGITS)


class Generator:
    """The devices.

    Parameters
    ----------
    window : int
        How many messages of one device may be unanswered.
    event_every : int
        Of the prepared messages each so-many-th carries an event too; 0 for none.
    """

    def __init__(self, port: int, who: Sequence[Sequence[str]], window: int, event_every: int) -> None:
        self._window = window
        self._devices = [
            _Device(socket.create_connection(("127.0.0.1", port)), f"anhu/v1/{name}/up", event_every) for name, _ in who
        ]
        for device, (name, secret) in zip(self._devices, who, strict=True):
            device.sock.sendall(packets.connect(name, name, secret, 0))
        for device in self._devices:
            if device.sock.recv(4)[3:] != b"\0":
                raise ConnectionError("a device was refused")
            device.sock.setblocking(False)  # noqa: FBT003 - the socket's own interface
            device.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def run(self, rate: float, seconds: float) -> dict[str, float]:
        """Send at a rate for a time, then wait for every answer. [messages/s, s]."""
        sent = answered = i = 0
        late_s = 0.0
        cpu_s = time.process_time()
        start_s = time.perf_counter()
        while (now_s := time.perf_counter() - start_s) < seconds:
            due = min(int(now_s * rate) - sent, len(self._devices))
            if due <= 0:
                time.sleep(0.001)
                continue
            late_s = max(late_s, now_s - sent / rate)
            before = sent
            now_ms = int(time.time() * 1_000)
            for _ in range(due):
                device = self._devices[i]
                i = (i + 1) % len(self._devices)
                if device.open >= _READ_EVERY:
                    answered += device.read()
                    if device.open >= self._window:
                        continue
                device.sock.send(device.next_packet(now_ms))
                device.open += 1
                sent += 1
            if sent == before:
                time.sleep(0.001)
        sending_s = time.perf_counter() - start_s
        cpu_s = time.process_time() - cpu_s
        answered += self._drain()
        waited_s = time.perf_counter() - start_s - sending_s
        return {"sent": sent, "acked": answered, "s": sending_s, "cpu_s": cpu_s, "late_s": late_s, "wait_s": waited_s}

    def _drain(self) -> int:
        """Read until everything is answered, or half a minute has passed."""
        answered = 0
        end_s = time.monotonic() + 30
        while waiting := [d for d in self._devices if d.open]:
            if time.monotonic() > end_s:
                break
            answered += sum(d.read() for d in waiting)
            select.select([], [], [], 0.002)
        return answered


def main() -> None:
    """Connect as told in the first line, then obey one line after the other."""
    told = json.loads(sys.stdin.readline())
    generator = Generator(told["port"], told["devices"], told["window"], told["event_every"])
    sys.stdout.write("{}\n")
    sys.stdout.flush()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(generator.run(**json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
