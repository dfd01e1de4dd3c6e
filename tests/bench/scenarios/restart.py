"""A power cut with 100,000 residents: from the start of the processes to the first call that reaches the doctor."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from pathlib import Path

from anhu.contract.clock import MINUTE_MS, SystemClock
from anhu.contract.observation import Scalar
from anhu.contract.record import Reading, bundled, encode_record
from anhu.log.embedded.writer import EmbeddedLogWriter
from notify.channels.webhook.fake import WebhookServer
from simulators.credential import Credential
from simulators.fleet import FleetDevice
from tests.bench.platform import CENTRE, Platform
from tests.bench.report import Options, Report
from tests.smoke.installation import until

NAME = "restart"
_MINUTES = 3
_VALUES = (("heart_rate", 70.0), ("spo2", 97.0), ("respiration_rate", 14.0))
_AT_ONCE = 5_000
_WITHIN_S = 600.0


def measure(options: Options, report: Report, folder: Path) -> None:
    """Let everybody report for three minutes, cut the power in mid-stream, start again and press a button."""
    residents = 1_000 if options.quick else 100_000
    platform = Platform(folder)
    who = platform.enrol(residents)
    _fill(platform.data / "log", who, _MINUTES)
    with WebhookServer() as phone:
        platform.admin("create-contact", owner=f"centre:{CENTRE}", channel="webhook", address=phone.url)
        try:
            platform.start()
            for caller in who[: options.runs]:
                platform.catch_up(_WITHIN_S)
                platform.kill()
                _fill(platform.data / "log", who, 1)
                _start_again(report, platform, phone, caller, residents)
        finally:
            platform.stop()


def _fill(log: Path, who: Sequence[Credential], minutes: int) -> None:
    """Write down what came last, as the gateway does: it was on disk and nobody had read it yet."""

    async def write() -> None:
        writer = until(lambda: _writer(log))
        assert writer is not None
        now_ms = SystemClock().now_ms()
        for minute in range(minutes):
            at_ms = now_ms - (minutes - minute) * MINUTE_MS
            for first in range(0, len(who), _AT_ONCE):
                entries = bundled(_record(one, at_ms) for one in who[first : first + _AT_ONCE])
                await writer.append_many([("", entry) for entry in entries])
        await writer.aclose()

    asyncio.run(write())


def _writer(log: Path) -> EmbeddedLogWriter | None:
    try:
        return EmbeddedLogWriter(log)
    except OSError:  # the gateway that was killed has not gone yet
        return None


def _record(one: Credential, at_ms: int) -> bytes:
    numbers = tuple(Scalar(code, value + at_ms % 5, at_ms) for code, value in _VALUES)
    return encode_record(Reading(one.device_id, f"r-{one.device_id}", at_ms, numbers))


def _start_again(report: Report, platform: Platform, phone: WebhookServer, caller: Credential, residents: int) -> None:
    began_s = time.monotonic()
    platform.start()
    report.add(NAME, f"start to pages and MQTT, {residents} residents", "s", time.monotonic() - began_s)
    asyncio.run(_press(platform, caller))
    report.add(NAME, "start to the SOS acknowledged", "s", time.monotonic() - began_s)
    resident = f"r-{caller.device_id}"
    at_s = until(
        lambda: next((c.at_s for c in tuple(phone.calls) if json.loads(c.body)["resident_id"] == resident), 0.0),
        platform.log,
        seconds=_WITHIN_S,
    )
    report.add(NAME, "start to the SOS at the doctor", "s", at_s - began_s)
    for reader, what in (("alerts", "watched"), ("ingest", "stored")):
        until(lambda r=reader: platform.backlog_bytes()[r] <= 0, platform.log, seconds=_WITHIN_S)  # type: ignore[misc]
        report.add(NAME, f"start to a minute of everybody's numbers {what}", "s", time.monotonic() - began_s)


async def _press(platform: Platform, caller: Credential) -> None:
    device = FleetDevice(caller, host="127.0.0.1", port=platform.mqtt_port)
    await device.connect()
    await device.publish(b'{"v":1,"events":[{"kind":"sos"}]}')
    await device.wait_acknowledged()
    await device.close()
