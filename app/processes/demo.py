"""The demo's outside world: 120 devices as real MQTT clients, the script, and the receivers of notifications."""

from __future__ import annotations

import asyncio
import logging
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from anhu.contract.clock import DAY_MS
from anhu.registry.database import close_sessions, open_sessions
from app import series_wiring
from app.demo import history, past, people
from app.demo.greeting import receiver_ports
from app.demo.script import LOOP_S, SCRIPT, Scene
from app.demo.setting_up import device_secrets
from app.processes.process import Context
from notify.channels import fake_server
from notify.fake_server import FakeServer
from simulators.credential import Credential
from simulators.device import DeviceError
from simulators.fleet import FleetDevice
from simulators.report import Report, Story
from simulators.sources.scenarios import SCENARIOS
from simulators.sources.synthetic_day import day

log = logging.getLogger(__name__)

_AGAIN_S = 2.0
_SILENT_S = 900.0
_SHOW_S = 0.2
_MARKER = "demo-history"


@dataclass(slots=True)
class _Home:
    """A resident's devices; while something happens to the resident, the ordinary day pauses."""

    number: int
    watch: FleetDevice
    home: FleetDevice
    busy: bool = False


async def body(context: Context) -> None:
    """Live sixty ordinary days in real time, and let the script happen over and over."""
    homes = _homes(context)
    with ExitStack() as stack:
        ports = receiver_ports(context.settings)
        receivers = {name: stack.enter_context(fake_server(name)(port)) for name, port in ports.items()}
        for receiver in receivers.values():
            receiver.call_back(context.settings.base_url)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_live(context, home)) for home in homes]
            tasks += [group.create_task(_script(context, homes)), group.create_task(_remember(context))]
            tasks += [group.create_task(_show_pages(*one)) for one in receivers.items()]
            await context.stop.wait()
            for task in tasks:
                task.cancel()
    for home in homes:
        await home.watch.close()
        await home.home.close()


def _homes(context: Context) -> list[_Home]:
    secrets, settings = device_secrets(context.settings.data), context.settings

    def device(device_id: str) -> FleetDevice:
        return FleetDevice(Credential(device_id, secrets[device_id]), host=settings.host, port=settings.mqtt_port)

    numbers = range(1, people.RESIDENTS + 1)
    return [_Home(n, device(history.watch_id(n)), device(history.home_id(n))) for n in numbers]


async def _show_pages(channel: str, receiver: FakeServer) -> None:
    """Say in the log what a receiver was sent."""
    shown = 0
    while True:
        for page in receiver.taken()[shown:]:
            shown += 1
            log.info("page to %s by %s: %s", page.to, channel, page.subject)
        await asyncio.sleep(_SHOW_S)


async def _send(device: FleetDevice, payload: bytes) -> None:
    while not device.connected:
        try:
            await device.connect()
        except DeviceError:
            await asyncio.sleep(_AGAIN_S)
    await device.publish(payload)


def _midnight_ms(context: Context) -> int:
    now = datetime.fromtimestamp(context.clock.now_ms() / 1_000, ZoneInfo(context.settings.time_zone))
    return round(now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * 1_000)


async def _wait_until(context: Context, at_ms: int) -> None:
    await asyncio.sleep(max(0, at_ms - context.clock.now_ms()) / 1_000)


async def _live(context: Context, home: _Home) -> None:
    """Send an ordinary day's reports when they are due; those of the past are history."""
    while True:
        midnight_ms, begin_ms = _midnight_ms(context), context.clock.now_ms()
        for report in day(home.number, number=midnight_ms // DAY_MS):
            if midnight_ms + report.after_ms < begin_ms:
                continue
            await _wait_until(context, midnight_ms + report.after_ms)
            if not home.busy:
                await _send(_sender(home, report), report.payload(midnight_ms))
        await _wait_until(context, midnight_ms + DAY_MS)


def _sender(home: _Home, report: Report) -> FleetDevice:
    return home.home if history.is_home(report) else home.watch


async def _script(context: Context, homes: list[_Home]) -> None:
    while True:
        async with asyncio.TaskGroup() as group:
            for scene in SCRIPT:
                group.create_task(_scene(context, homes[scene.resident - 1], scene))
            group.create_task(asyncio.sleep(LOOP_S))


async def _scene(context: Context, home: _Home, scene: Scene) -> None:
    await asyncio.sleep(scene.after_s)
    scenario = SCENARIOS[scene.scenario]
    log.info("resident r-%03d: %s", home.number, scenario.title)
    home.busy = True
    await _tell(context, home, scenario.make(home.number))
    if scenario.vanishes:
        await home.watch.break_connection()
        await asyncio.sleep(_SILENT_S)
    home.busy = False


async def _tell(context: Context, home: _Home, story: Story) -> None:
    start_ms = context.clock.now_ms()
    for report in story:
        await _wait_until(context, start_ms + report.after_ms)
        smoke = any(event.kind == "smoke" for event in report.events)
        await _send(home.home if smoke else home.watch, report.payload(start_ms))


async def _remember(context: Context) -> None:
    """Write the past once: alarms that are over, and quiet days."""
    marker = context.settings.data / _MARKER
    if marker.exists():
        return
    writer = series_wiring.tool_writer(context.settings, context.clock)
    midnight_ms, now_ms = _midnight_ms(context), context.clock.now_ms()
    sessions = open_sessions(context.settings.database)
    await asyncio.to_thread(past.write, writer, sessions, midnight_ms, now_ms)
    close_sessions(sessions)
    await asyncio.to_thread(history.write, writer, midnight_ms, now_ms)
    writer.close()
    marker.touch()
