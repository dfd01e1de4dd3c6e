"""An edge gateway through days without a line: what it takes meanwhile, and how soon the centre has all of it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.migrations import upgrade
from tests.app.edge.world import EDGE_SECRET, HOST, Centre, Home, furnish
from tests.bench.report import Options, Report
from tests.faults.processes import memory_bytes

_NAME = "edge gateway, line cut"
_DAYS = 2
_EVERY_S = 10
_CALLS = 20
_LIMIT_S = 300.0
_BEGAN_MS = 1_795_300_000_000


def measure(options: Options, report: Report, folder: Path) -> None:
    """Cut the line, send what one watch measures in two days every 10 s, call for help, and mend the line."""
    count = 2_000 if options.quick else _DAYS * 86_400 // _EVERY_S
    for run in range(options.runs):
        _measure_one(count, report, folder / str(run))


def _measure_one(count: int, report: Report, folder: Path) -> None:
    folder.mkdir()
    url = f"sqlite:///{folder / 'anhu.db'}"
    upgrade(url)
    sessions = open_sessions(url)
    with sessions.begin() as session:
        furnish(session)
    centre = Centre(sessions, folder / "centre")
    home = Home(sessions, folder / "home", centre)
    (folder / "secret").write_text(EDGE_SECRET, "utf-8")
    with _edge(home, folder) as edge:
        began_s = time.monotonic()
        asyncio.run(home.publish("w-1", "anhu/v1/w-1/up", *_payloads(count)))
        report.add(_NAME, "taken", "messages/s", count / (time.monotonic() - began_s))
        began_s = time.monotonic()
        asyncio.run(_drained(centre, count))
        report.add(_NAME, f"{count + _CALLS} messages at the centre after", "s", time.monotonic() - began_s)
        report.add(_NAME, "edge, most memory", "MB", memory_bytes(edge.pid, "VmHWM") / 1e6)
    close_sessions(sessions)


def _payloads(count: int) -> Iterator[bytes]:
    between = count // _CALLS
    for n in range(count):
        at_ms = _BEGAN_MS + n * _EVERY_S * 1_000
        yield b'{"v":1,"time":%d,"values":{"heart_rate":%d,"spo2":97,"battery":80}}' % (at_ms, 60 + n % 40)
        if n % between == 0:
            yield b'{"v":1,"time":%d,"events":[{"kind":"sos"}]}' % at_ms


@contextmanager
def _edge(home: Home, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    given = home.settings
    command = [
        *(sys.executable, "-m", "app", "edge", "--data", str(given.data), "--centre", given.centre_url),
        *("--devices", str(given.devices), "--secret-file", str(folder / "secret"), "--host", HOST),
        *("--mqtt-port", str(given.mqtt_port), "--port", str(given.port), "--wait-s", "1"),
    ]
    with (folder / "edge.txt").open("wb") as said, subprocess.Popen(command, stdout=said, stderr=said) as process:
        try:
            asyncio.run(home.ready())
            yield process
        finally:
            process.terminate()


async def _drained(centre: Centre, count: int) -> None:
    """Open the centre's door and wait until all is there, each once."""
    await centre.start()
    arrived = threading.Event()

    def look() -> None:
        end_s = time.monotonic() + _LIMIT_S
        while not arrived.is_set() and time.monotonic() < end_s:
            if len(centre.seen("heart_rate")) >= count and len(centre.seen("sos")) >= _CALLS:
                arrived.set()
            time.sleep(0.2)

    await asyncio.to_thread(look)
    await centre.stop()
    times = Counter((one.quantity, one.observed_at_ms) for _, one in centre.seen("heart_rate", "sos"))
    if set(times.values()) != {1} or len(times) < count + _CALLS:
        raise RuntimeError(f"{len(times)} of {count + _CALLS} there, {Counter(times.values())} times")
