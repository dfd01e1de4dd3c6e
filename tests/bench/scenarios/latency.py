"""From the button to the phone: SOS publish to webhook, desk, store; idle, loaded, and while a backlog drains."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from notify.channels.webhook.fake import WebhookServer
from simulators.credential import Credential
from simulators.fleet import FleetDevice
from tests.bench.desk import Desk
from tests.bench.load import load
from tests.bench.platform import CENTRE, Platform, running
from tests.bench.report import Options, Report, percentile
from tests.smoke.installation import until

NAME = "latency"
_HALF_LOAD = 7_500
_RESIDENTS = 1_000
_FLOOD = 1_000_000.0  # as fast as they are answered
_FLOOD_S = 20.0
_PAUSE_S = 0.1
_POLL_S = 0.005
_MIB = 1_048_576


class _Place(NamedTuple):
    """Where an SOS comes in, where it must come out, and where it is told how long that took."""

    platform: Platform
    phone: WebhookServer
    desk: Desk
    add: Callable[[str, str, float], None]


def measure(options: Options, report: Report, folder: Path) -> None:
    """Measure with the embedded store."""
    for run in range(options.runs):
        measure_once(options, partial(report.add, NAME), folder / str(run))


def measure_once(options: Options, add: Callable[[str, str, float], None], folder: Path, **settings: str) -> None:
    """Measure a fresh installation: idle, then with other devices sending at half of the rate that is promised."""
    folder.mkdir()
    times, rate = (5, 200) if options.quick else (200, _HALF_LOAD)
    residents = 4 * times if options.quick else _RESIDENTS + 3 * times
    with WebhookServer() as phone, running(folder, residents, **settings) as (platform, who):
        platform.admin("create-contact", owner=f"centre:{CENTRE}", channel="webhook", address=phone.url)
        platform.log_in()
        callers, others = list(who[: 3 * times]), who[3 * times :]
        with Desk(platform) as desk, load(platform.mqtt_port, others) as devices:
            at = _Place(platform, phone, desk, add)
            _round(at, [callers.pop() for _ in range(times)], "idle")
            devices.begin(rate, times * _PAUSE_S * 4 + 5)
            time.sleep(1)
            _round(at, [callers.pop() for _ in range(times)], f"{rate}/s beside")
            devices.end()
            platform.catch_up(120)
            devices.run(_FLOOD, 1 if options.quick else _FLOOD_S)
            _while_it_drains(at, [callers.pop() for _ in range(times)])


def _while_it_drains(at: _Place, who: Sequence[Credential]) -> None:
    """Press buttons while the readers are far behind: what is in the LOG before them must not hold them up."""
    at.add("backlog of the alert engine before", "MiB", at.platform.backlog_bytes()["alerts"] / _MIB)
    pressed = asyncio.run(_press(at.platform, who))
    at.add("backlog of the alert engine after", "MiB", at.platform.backlog_bytes()["alerts"] / _MIB)
    called = _first_calls(at.phone, pressed, at.platform)
    _tell(at, "SOS to webhook, while a backlog drains", [called[r] - at_s for r, at_s in pressed.items()])
    at.platform.catch_up(300)


def _round(at: _Place, who: Sequence[Credential], state: str) -> None:
    platform, phone, desk, _ = at
    pressed = asyncio.run(_press(platform, who))
    called = _first_calls(phone, pressed, platform)
    _tell(at, f"SOS to webhook, {state}", [called[r] - at_s for r, at_s in pressed.items()])
    until(lambda: pressed.keys() <= desk.seen_s.keys(), platform.log)
    _tell(at, f"SOS to the desk's stream, {state}", [desk.seen_s[r] - at_s for r, at_s in pressed.items()])
    _tell(at, f"publish to queryable, {state}", asyncio.run(_ask_back(platform, who[: len(who) // 4 + 1])))


async def _press(platform: Platform, who: Sequence[Credential]) -> dict[str, float]:
    """Press every button once, one after the other; return when, by resident. [s]."""
    pressed: dict[str, float] = {}
    for one in who:
        device = FleetDevice(one, host="127.0.0.1", port=platform.mqtt_port)
        await device.connect()
        await asyncio.sleep(_PAUSE_S)
        pressed[f"r-{one.device_id}"] = time.monotonic()
        await device.publish(b'{"v":1,"events":[{"kind":"sos"}]}')
        await device.wait_acknowledged()
        await device.close()
    return pressed


def _first_calls(phone: WebhookServer, pressed: dict[str, float], platform: Platform) -> dict[str, float]:
    def heard() -> dict[str, float]:
        found: dict[str, float] = {}
        for call in tuple(phone.calls):
            found.setdefault(json.loads(call.body)["resident_id"], call.at_s)
        return found

    return until(lambda: found if pressed.keys() <= (found := heard()).keys() else None, platform.log) or {}


async def _ask_back(platform: Platform, who: Sequence[Credential]) -> list[float]:
    """Publish a number and ask the API until it is there. [s]."""
    taken: list[float] = []
    for one in who:
        device = FleetDevice(one, host="127.0.0.1", port=platform.mqtt_port)
        await device.connect()
        began_s = time.monotonic()
        await device.publish(b'{"v":1,"values":{"weight":61.5}}')
        await asyncio.to_thread(_until_stored, platform, f"/residents/r-{one.device_id}/latest")
        taken.append(time.monotonic() - began_s)
        await device.close()
    return taken


def _until_stored(platform: Platform, path: str) -> None:
    while not any(row["quantity"] == "weight" for row in platform.get(path)):
        time.sleep(_POLL_S)


def _tell(at: _Place, metric: str, taken_s: Sequence[float]) -> None:
    for part in (0.5, 0.99):
        at.add(f"{metric}, p{100 * part:.0f} of {len(taken_s)}", "ms", 1_000 * percentile(taken_s, part))
