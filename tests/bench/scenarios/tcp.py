"""The TCP door: how many keep-alives of watches a second are on disk and answered, and how long one takes."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.bench.platform import Platform, running
from tests.bench.report import Options, Report
from tests.bench.windowed import WindowedDevice, measure_door
from tests.services.process import free_port

NAME = "tcp"
_ANSWER = b"]"


def measure(options: Options, report: Report, folder: Path) -> None:
    """Measure the rate that is answered, then the time of an answer at half of it."""
    watches, seconds = (50, 2.0) if options.quick else (1_000, 20.0)
    for run in range(options.runs):
        (folder / str(run)).mkdir()
        port = free_port()
        with running(folder / str(run), watches, tcp_port=str(port)) as (platform, who):
            _make_watches(platform)
            devices = [_Watch(one.device_id) for one in who]
            asyncio.run(measure_door(platform, report, NAME, "", port=port, devices=devices, s=seconds))


class _Watch(WindowedDevice):
    """A watch that sends a keep-alive for each that is answered."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._head = f"[3G*{name}*".encode()
        self._steps = 0

    def message(self) -> bytes:
        self._steps = self._steps % 90_000 + 1
        content = b"LK,%d,0,90" % self._steps
        return b"%b%04X*%b]" % (self._head, len(content), content)

    def answers(self, data: bytes) -> int:
        return data.count(_ANSWER)


def _make_watches(platform: Platform) -> None:
    """Have the enrolled devices speak ``[3G*…]``: before the door has seen any of them."""
    with closing(sqlite3.connect(platform.data / "anhu.db", timeout=30)) as database, database:
        database.execute("UPDATE device SET codec = 'setracker'")
