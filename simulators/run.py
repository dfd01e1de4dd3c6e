"""Run a simulation: connect the devices, let each tell its story, and count what the server promised to keep."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import count

import numpy as np

from anhu.contract.clock import DAY_MS, HOUR_MS, Clock, SystemClock
from simulators.device import DeviceError, SimulatedDevice
from simulators.faults import with_faults
from simulators.fleet import FleetDevice
from simulators.load import payloads
from simulators.options import LARGEST_PAHO_FLEET, RunProgress, SimulateOptions, Summary
from simulators.publisher import PahoPublisher, Publisher
from simulators.report import Report, length_ms
from simulators.sources.recording import recording_story
from simulators.sources.scenarios import SCENARIOS
from simulators.sources.synthetic_day import day

__all__ = ["RunProgress", "SimulateOptions", "Summary", "simulate"]

_LOCAL_OFFSET_MS = 8 * HOUR_MS  # the residents live by China Standard Time
_CONNECTING_AT_ONCE = 100
_REPORT_EVERY_S = 1.0
_LAST_ANSWERS_S = 30.0
_RETRY_FIRST_S = 0.5
_RETRY_MOST_S = 15.0
_TICK_S = 0.01
_REFUSED_SHOWN = 20


class _Run:
    def __init__(self, options: SimulateOptions, clock: Clock) -> None:
        self.options = options
        self.clock = clock
        self.sent = 0
        self.refused: list[str] = []
        self.latencies_s: deque[float] = deque(maxlen=100_000)
        self.devices = _make_devices(options)
        self.begun_s = time.monotonic()
        self._answered_before = 0

    def progress(self) -> RunProgress:
        for device in self.devices:
            self.latencies_s.extend(device.latencies_s)
            device.latencies_s.clear()
        return RunProgress(
            elapsed_s=time.monotonic() - self.begun_s,
            devices=sum(d.connected for d in self.devices),
            sent=self.sent,
            acknowledged=self.sent - sum(d.unacknowledged for d in self.devices),
        )

    def summary(self) -> Summary:
        last = self.progress()
        times_ms = np.array(self.latencies_s) * 1_000 if self.latencies_s else np.zeros(1)
        return Summary(
            sent=last.sent,
            acknowledged=last.acknowledged,
            unanswered=last.sent - last.acknowledged,
            refused=tuple(self.refused[:_REFUSED_SHOWN]),
            elapsed_s=last.elapsed_s,
            answer_p50_ms=float(np.percentile(times_ms, 50)),
            answer_p99_ms=float(np.percentile(times_ms, 99)),
        )

    async def connect_all(self) -> None:
        """Connect every device; those that are refused are noted and left out."""
        gate = asyncio.Semaphore(_CONNECTING_AT_ONCE)

        async def one(device: Publisher) -> Publisher | None:
            async with gate:
                try:
                    await device.connect()
                except DeviceError as error:
                    self.refused.append(str(error))
                    return None
                return device

        connected = await asyncio.gather(*(one(d) for d in self.devices))
        self.devices = [d for d in connected if d is not None]
        self.begun_s = time.monotonic()

    async def publish(self, device: Publisher, payload: bytes, *, urgent: bool = False) -> None:
        """Publish, connecting again first where the connection broke, for as long as it takes."""
        wait_s = _RETRY_FIRST_S
        while not device.connected:
            with suppress(DeviceError):
                await device.connect()
                break
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, _RETRY_MOST_S)
        self.sent += 1
        await device.publish(payload, urgent=urgent)


async def simulate(
    options: SimulateOptions, report: Callable[[RunProgress], None], *, clock: Clock | None = None
) -> Summary:
    """Run until every story is told or the time is up; cancelling it ends the devices too.

    Parameters
    ----------
    options : SimulateOptions
        What to do.
    report : callable
        Called once a second.
    clock : Clock, optional
        Says what the present is; the machine's clock by default.

    Returns
    -------
    Summary
        Also when some devices could not connect.

    Raises
    ------
    DeviceError
        If no device could connect.
    """
    run = _Run(options, clock or SystemClock())
    await run.connect_all()
    if not run.devices:
        raise DeviceError(f"no device could connect; the first: {run.refused[0]}")
    reporter = asyncio.create_task(_report(run, report))
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(options.duration_s or None):
                await (_load(run) if options.rate_per_s else _stories(run))
        await asyncio.gather(*(_last_answers(d) for d in run.devices))
        return run.summary()
    finally:
        reporter.cancel()
        await asyncio.gather(*(_end(run, d) for d in run.devices))


def _make_devices(options: SimulateOptions) -> list[Publisher]:
    if len(options.credentials) <= LARGEST_PAHO_FLEET and not options.rate_per_s:
        return [
            PahoPublisher(SimulatedDevice(c, host=options.host, port=options.port, tls_ca=options.tls_ca))
            for c in options.credentials
        ]
    tls = ssl.create_default_context(cafile=str(options.tls_ca)) if options.tls_ca else None
    return [FleetDevice(c, host=options.host, port=options.port, tls=tls) for c in options.credentials]


async def _report(run: _Run, report: Callable[[RunProgress], None]) -> None:
    while True:
        await asyncio.sleep(_REPORT_EVERY_S)
        report(run.progress())


async def _last_answers(device: Publisher) -> None:
    if device.unacknowledged and not device.connected:
        with suppress(DeviceError):  # then its last messages stay unanswered, and are counted so
            await device.connect()
    if device.connected:
        await device.wait_acknowledged(_LAST_ANSWERS_S)


async def _end(run: _Run, device: Publisher) -> None:
    scenario = SCENARIOS.get(run.options.scenario)
    await (device.vanish() if scenario is not None and scenario.vanishes else device.close())


async def _load(run: _Run) -> None:
    """Send at a rate: every tick as many as are due, so that a slow tick is made up for."""
    begun_s = time.monotonic()
    source = payloads(len(run.devices), run.options.seed)
    while True:
        due = round((time.monotonic() - begun_s) * run.options.rate_per_s)
        for _ in range(due - run.sent):
            number, payload = source(run.clock.now_ms())
            await run.publish(run.devices[number], payload)
        await asyncio.sleep(_TICK_S)


async def _stories(run: _Run) -> None:
    async with asyncio.TaskGroup() as group:
        for i, device in enumerate(run.devices):
            group.create_task(_tell(run, device, i))


async def _tell(run: _Run, device: Publisher, number: int) -> None:
    options = run.options
    story, start_ms = _story(options, options.seed + number, run.clock.now_ms())
    begun_s = time.monotonic()
    for sending in with_faults(story, options.faults, options.seed + number):
        due_s = begun_s + sending.at_ms / 1_000 / options.speed
        await asyncio.sleep(max(0.0, due_s - time.monotonic()))
        if sending.breaks_first:
            await device.break_connection()
        await run.publish(device, sending.report.payload(start_ms), urgent=sending.report.is_urgent)


def _story(options: SimulateOptions, seed: int, now_ms: int) -> tuple[Iterable[Report], int]:
    """Return a device's story and the UTC time of its beginning. [ms]."""
    if options.recording is not None:
        told = recording_story(options.recording, trial=options.trial, position=options.position)
    elif options.scenario:
        told = SCENARIOS[options.scenario].make(seed)
    else:
        return _days(seed, now_ms, options)
    lasts_ms = length_ms(told)
    return told, now_ms - max(0, lasts_ms - round(lasts_ms / options.speed))


def _days(seed: int, now_ms: int, options: SimulateOptions) -> tuple[Iterator[Report], int]:
    """Return ordinary days; told faster than they pass, they begin as long ago as the run catches up."""
    behind_ms = round(options.duration_s * 1_000 * max(0.0, options.speed - 1))
    start_ms = now_ms - behind_ms
    midnight_ms = start_ms - (start_ms + _LOCAL_OFFSET_MS) % DAY_MS

    def told() -> Iterator[Report]:
        for number in count():
            since_ms = midnight_ms + number * DAY_MS - start_ms
            for report in day(seed, number=number):
                if report.after_ms + since_ms >= 0:
                    yield report.moved(since_ms)

    return told(), start_ms
