"""What vendors' clouds push over HTTP: rate, latency and cost, each push signed and answered once it is on disk."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from sqlalchemy import update

from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.tables import Device
from app.settings import Settings
from tests.bench.platform import Platform
from tests.bench.pushers import Pushed
from tests.bench.report import Options, Report, percentile
from tests.bench.usage import Meter, pss_bytes
from tests.services.process import free_port

NAME = "push"
_PRODUCT = "bench"
_DEVICES = 5_000
_LANES = 64
_MANY = 100
_MICRO = 1e6
_MIB = 1_048_576


def measure(options: Options, report: Report, folder: Path) -> None:
    """Measure a fresh installation a run: one message a push, then many."""
    devices, seconds = (500, 2.0) if options.quick else (_DEVICES, 15.0)
    for run in range(options.runs):
        place, port = folder / str(run), free_port()
        place.mkdir()
        platform = Platform(place, push_port=str(port))
        who = [one.device_id for one in platform.enrol(devices)]
        key = platform.admin("create-product", id=_PRODUCT, vendor="ACME")["push_key"]
        _give_to_product(platform)
        platform.start()
        try:
            for together, lanes in ((1, _LANES), (1, 1), (_MANY, 8)):
                _push(platform, port, key, who, 1.0, together=together, lanes=lanes)  # caches are warm from here on
                meter = Meter(platform.stages())
                pushed = _push(platform, port, key, who, seconds, together=together, lanes=lanes)
                used = meter.used()["gateway"]
                _tell(report, pushed, used, f"{together} a push, {lanes} connections")
                platform.catch_up(300)
            memory = sum(map(pss_bytes, platform.stages()["gateway"]))
            report.add(NAME, "memory of the gateway", "MiB", memory / _MIB)
        finally:
            platform.stop()


def _give_to_product(platform: Platform) -> None:
    sessions = open_sessions(Settings(data=platform.data).database)
    with sessions.begin() as session:
        session.execute(update(Device).values(product_id=_PRODUCT))
    close_sessions(sessions)


def _push(
    platform: Platform, port: int, key: str, who: list[str], seconds: float, *, together: int, lanes: int
) -> Pushed:
    given = {"port": port, "product": _PRODUCT, "key": key, "devices": who, "together": together, "lanes": lanes}
    command = [sys.executable, "-m", "tests.bench.pushers", json.dumps(given | {"s": seconds})]
    ran = subprocess.run(command, capture_output=True, check=True, text=True)
    pushed = Pushed(**json.loads(ran.stdout))
    assert pushed.refused == 0, platform.log()
    return pushed


def _tell(report: Report, pushed: Pushed, gateway_s: float, what: str) -> None:
    report.add(NAME, f"pushes, {what}", "1/s", pushed.pushes / pushed.s)
    if pushed.messages > pushed.pushes:
        report.add(NAME, f"messages, {what}", "1/s", pushed.messages / pushed.s)
    for part in (0.5, 0.99):
        report.add(NAME, f"push to answer, p{100 * part:.0f}, {what}", "ms", 1_000 * percentile(pushed.took_s, part))
    report.add(NAME, f"CPU of the gateway, {what}", "µs/message", gateway_s / pushed.messages * _MICRO)
    report.add(NAME, f"CPU of the generator, {what}", "µs/message", pushed.cpu_s / pushed.messages * _MICRO)
