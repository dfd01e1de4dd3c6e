"""The TCP door: how many keep-alives of watches a second are on disk and answered, and how long one takes."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from tests.bench.platform import Platform, running
from tests.bench.report import Options, Report, percentile
from tests.bench.usage import Meter
from tests.services.process import free_port

NAME = "tcp"
_WINDOW = 32
_ANSWER = b"]"


def measure(options: Options, report: Report, folder: Path) -> None:
    """Measure the rate that is answered, then the time of an answer at half of it."""
    watches, seconds = (50, 2.0) if options.quick else (1_000, 20.0)
    for run in range(options.runs):
        (folder / str(run)).mkdir()
        port = free_port()
        with running(folder / str(run), watches, tcp_port=str(port)) as (platform, who):
            names = [one.device_id for one in who]
            _make_watches(platform)
            asyncio.run(_measure_once(platform, report, port, names, seconds))


async def _measure_once(platform: Platform, report: Report, port: int, names: Sequence[str], seconds: float) -> None:
    devices = [_Watch(name) for name in names]
    for one in devices:
        await asyncio.get_running_loop().create_connection(lambda one=one: one, "127.0.0.1", port)  # type: ignore[misc]
    meter, began_s = Meter({"gateway": platform.stages()["gateway"]}), time.monotonic()
    for one in devices:
        one.fill(_WINDOW)
    await asyncio.sleep(seconds)
    answered, took_s = sum(one.answered for one in devices), time.monotonic() - began_s
    rate = answered / took_s
    report.add(NAME, "messages on disk and answered", "messages/s", rate)
    report.add(NAME, "CPU of the gateway at that rate", "µs/message", 1e6 * meter.used()["gateway"] / max(1, answered))
    for one in devices:
        one.goes_on = False
    await asyncio.sleep(2.0)
    waits_ms = [1e3 * one for one in await _paced(devices, rate / 2, seconds)]
    for share in (0.5, 0.99):
        report.add(NAME, f"answer at half of that rate, p{100 * share:.0f}", "ms", percentile(waits_ms, share))


async def _paced(devices: Sequence[_Watch], rate: float, seconds: float) -> list[float]:
    """Send one after the other at a rate; return how long the answers took. [messages/s, s]."""
    began_s, sent = time.monotonic(), 0
    for one in devices:
        one.waits_s.clear()
    while (elapsed_s := time.monotonic() - began_s) < seconds:
        while sent < elapsed_s * rate:
            devices[sent % len(devices)].send()
            sent += 1
        await asyncio.sleep(0.001)
    await asyncio.sleep(1.0)
    return [wait for one in devices for wait in one.waits_s]


class _Watch(asyncio.Protocol):
    """A watch that sends a keep-alive for each that is answered."""

    def __init__(self, name: str) -> None:
        self._head = f"[3G*{name}*".encode()
        self._steps = 0
        self._sent_s: list[float] = []
        self.answered = 0
        self.goes_on = True
        self.waits_s: list[float] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def fill(self, window: int) -> None:
        for _ in range(window):
            self.send()

    def send(self) -> None:
        self._steps = self._steps % 90_000 + 1
        content = b"LK,%d,0,90" % self._steps
        self._sent_s.append(time.monotonic())
        self._transport.write(b"%b%04X*%b]" % (self._head, len(content), content))

    def data_received(self, data: bytes) -> None:
        now_s, count = time.monotonic(), data.count(_ANSWER)
        self.answered += count
        self.waits_s += [now_s - one for one in self._sent_s[:count]]
        del self._sent_s[:count]
        if self.goes_on:
            self.fill(count)


def _make_watches(platform: Platform) -> None:
    """Have the enrolled devices speak ``[3G*…]``: before the door has seen any of them."""
    with closing(sqlite3.connect(platform.data / "anhu.db", timeout=30)) as database, database:
        database.execute("UPDATE device SET codec = 'setracker'")
