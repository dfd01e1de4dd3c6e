"""Devices that send when they were answered, a window of messages each, and what a door does with them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from tests.bench.platform import Platform
from tests.bench.report import Report, percentile
from tests.bench.usage import Meter

_WINDOW = 32
_SETTLE_S = 2.0
_LAST_S = 1.0
_HOST = "127.0.0.1"


class WindowedDevice(asyncio.Protocol):
    """One device; its family says what it sends, and what counts as an answer.

    Attributes
    ----------
    let_in : asyncio.Event
        Set once it may send.
    answered : int
        Messages answered so far.
    goes_on : bool
        Whether it sends another one for each that is answered.
    waits_s : list of float
        How long each answer took. [s]
    """

    def __init__(self) -> None:
        self._sent_s: list[float] = []
        self._transport: asyncio.Transport
        self.let_in = asyncio.Event()
        self.answered = 0
        self.goes_on = True
        self.waits_s: list[float] = []

    def hello(self) -> bytes:
        """Return what it says first; empty where the first message says who it is."""
        return b""

    def message(self) -> bytes:
        """Return its next message."""
        raise NotImplementedError

    def answers(self, data: bytes) -> int:
        """Return how many messages this answers, and let itself in where that is said."""
        raise NotImplementedError

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if hello := self.hello():
            transport.write(hello)
        else:
            self.let_in.set()

    def fill(self, window: int) -> None:
        """Send so many messages."""
        for _ in range(window):
            self.send()

    def send(self) -> None:
        """Send one."""
        self._sent_s.append(time.monotonic())
        self._transport.write(self.message())

    def data_received(self, data: bytes) -> None:
        """Count the answers."""
        now_s, count = time.monotonic(), self.answers(data)
        self.answered += count
        self.waits_s += [now_s - one for one in self._sent_s[:count]]
        del self._sent_s[:count]
        if self.goes_on:
            self.fill(count)


async def measure_door(
    platform: Platform, report: Report, name: str, door: str, *, port: int, devices: Sequence[WindowedDevice], s: float
) -> None:
    """Measure the rate that is answered, then the time of an answer at half of it."""
    for one in devices:
        await asyncio.get_running_loop().create_connection(lambda one=one: one, _HOST, port)  # type: ignore[misc]
        await one.let_in.wait()
    meter, began_s = Meter({"gateway": platform.stages()["gateway"]}), time.monotonic()
    for one in devices:
        one.fill(_WINDOW)
    await asyncio.sleep(s)
    answered, took_s = sum(one.answered for one in devices), time.monotonic() - began_s
    rate = answered / took_s
    cpu_us = 1e6 * meter.used()["gateway"] / max(1, answered)
    report.add(name, f"messages on disk and answered{door}", "messages/s", rate)
    report.add(name, f"CPU of the gateway at that rate{door}", "µs/message", cpu_us)
    for one in devices:
        one.goes_on = False
    await asyncio.sleep(_SETTLE_S)
    waits_ms = [1e3 * one for one in await _paced(devices, rate / 2, s)]
    for share in (0.5, 0.99):
        report.add(name, f"answer at half of that rate, p{100 * share:.0f}{door}", "ms", percentile(waits_ms, share))
    for one in devices:
        one._transport.abort()


async def _paced(devices: Sequence[WindowedDevice], rate: float, seconds: float) -> list[float]:
    """Send one after the other at a rate; return how long the answers took. [messages/s, s]."""
    began_s, sent = time.monotonic(), 0
    for one in devices:
        one.waits_s.clear()
    while (elapsed_s := time.monotonic() - began_s) < seconds:
        while sent < elapsed_s * rate:
            devices[sent % len(devices)].send()
            sent += 1
        await asyncio.sleep(0.001)
    await asyncio.sleep(_LAST_S)
    return [wait for one in devices for wait in one.waits_s]
