"""The desk's page: with five hundred open alarms, and while a thousand come in a minute; in a real Chromium."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import sync_playwright

from alerts.tables import Alert
from anhu.contract.clock import DAY_MS, MINUTE_MS, SystemClock
from anhu.contract.priority import Priority
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.tables import Resident, Token, User
from api.security.viewers import token_digest
from app.settings import Settings
from simulators.credential import Credential
from simulators.fleet import FleetDevice
from tests.bench.platform import CENTRE, Platform
from tests.bench.report import Options, Report, percentile
from tests.bench.window import Window, page_weight_b
from tests.services.chromium import chromium_program

NAME = "desk-storm"
_TOKEN = "t" * 43
_KINDS = (("sos", Priority.HIGH), ("water_leak", Priority.MEDIUM), ("battery_low", Priority.LOW))
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--no-proxy-server"]
_KIB = 1_024


class _Size(NamedTuple):
    """How much."""

    open: int
    storm: int
    over_s: float


def measure(options: Options, report: Report, folder: Path) -> None:
    """Measure a fresh installation for each run."""
    size = _Size(50, 20, 5.0) if options.quick else _Size(500, 1_000, 60.0)
    for run in range(options.runs):
        (folder / str(run)).mkdir()
        platform = Platform(folder / str(run))
        who = platform.enrol(size.open + size.storm)
        _fill(platform, who[: size.open])
        platform.start()
        try:
            _look(report, platform, who[size.open :], size)
        finally:
            platform.stop()


def _look(report: Report, platform: Platform, callers: Sequence[Credential], size: _Size) -> None:
    url = f"http://127.0.0.1:{platform.port}"
    title = f"{size.open} open alarms"
    for path in ("/desk", "/desk/queue", "/watch.json"):
        asked = [page_weight_b(url, _TOKEN, path) for _ in range(20)]
        report.add(NAME, f"{title}: {path}, p50", "ms", 1_000 * percentile([one[0] for one in asked], 0.5))
        report.add(NAME, f"{title}: {path}, p99", "ms", 1_000 * percentile([one[0] for one in asked], 0.99))
        report.add(NAME, f"{title}: {path}, sent", "KiB", asked[0][1] / _KIB)
        report.add(NAME, f"{title}: {path}, packed", "KiB", asked[0][2] / _KIB)
    with sync_playwright() as playwright, ThreadPoolExecutor(1) as thread:
        browser = playwright.chromium.launch(executable_path=str(chromium_program()), args=_ARGUMENTS)
        window = Window(browser, url, _TOKEN)
        began_s = time.monotonic()
        window.open()
        report.add(NAME, f"{title}: live in the browser after", "ms", 1_000 * (time.monotonic() - began_s))
        window.page.wait_for_timeout(2_000)
        window.forget()
        window.page.wait_for_timeout(3_000)
        _tell(report, window, f"{title}, calm")
        window.forget()
        pressing = thread.submit(asyncio.run, _press(platform, callers, size.over_s))
        taken_s = []
        while not pressing.done():
            window.page.wait_for_timeout(1_000)
            taken_s.append(page_weight_b(url, _TOKEN, "/desk")[0])
        pressing.result()
        storm = f"{size.storm} alarms in {size.over_s:.0f} s"
        _tell(report, window, storm)
        report.add(NAME, f"{storm}: /desk meanwhile, p50", "ms", 1_000 * percentile(taken_s, 0.5))
        report.add(NAME, f"{storm}: /desk meanwhile, p99", "ms", 1_000 * percentile(taken_s, 0.99))
        counted = f"document.querySelector('#alarm-count').textContent.includes('{size.open + size.storm} ')"
        began_s = time.monotonic()
        window.page.wait_for_function(counted, timeout=120_000)
        report.add(NAME, f"{storm}: all counted in the browser after", "ms", 1_000 * (time.monotonic() - began_s))
        window.close()
        browser.close()


def _tell(report: Report, window: Window, title: str) -> None:
    for metric, (unit, value) in window.smoothness().items():
        report.add(NAME, f"{title}: {metric}", unit, value)


async def _press(platform: Platform, who: Sequence[Credential], over_s: float) -> None:
    """Press every button once, evenly over a time. [s]."""
    began_s = time.monotonic()
    for number, one in enumerate(who):
        await asyncio.sleep(max(0.0, began_s + number * over_s / len(who) - time.monotonic()))
        device = FleetDevice(one, host="127.0.0.1", port=platform.mqtt_port)
        await device.connect()
        await device.publish(b'{"v":1,"events":[{"kind":"sos"}]}')
        await device.wait_acknowledged()
        await device.close()


def _fill(platform: Platform, who: Sequence[Credential]) -> None:
    """Give everybody a name and a home, some of them an open alarm, and the desk somebody who is logged in."""
    now_ms = SystemClock().now_ms()
    sessions = open_sessions(Settings(data=platform.data).database)
    with sessions.begin() as session:
        for number, resident in enumerate(session.query(Resident).order_by(Resident.id)):
            resident.name = f"王秀{chr(0x4E00 + number)}"
            resident.address = f"幸福里 {number // 40 + 1} 号楼 {number % 4 + 1} 单元 {number % 60 + 101}"
            resident.phone = f"138{number:08}"
        for number, one in enumerate(who):
            kind, priority = _KINDS[number % len(_KINDS)]
            at_ms = now_ms - 30 * MINUTE_MS + number
            facts = {"started_at_ms": at_ms, "raised_at_ms": at_ms, "last_at_ms": at_ms, "device_id": one.device_id}
            alert = {"kind": kind, "priority": priority, "condition": "present", "response": "unacked"}
            session.add(Alert(id=f"a-{number:05}", resident_id=f"r-{one.device_id}", **alert, **facts))
        session.add(User(id="u-desk", login="desk", name="刘芳", role="desk", centre_id=CENTRE))
        session.flush()
        times = {"created_at_ms": now_ms, "expires_at_ms": now_ms + DAY_MS}
        session.add(Token(sha256=token_digest(_TOKEN), user_id="u-desk", purpose="session", csrf="x", **times))
    close_sessions(sessions)
