"""An hour of a city at 1:20 through the whole layout: 50,000 residents, 2,500 messages a second, storms included.

``--minutes`` says how long (60 when left out); ``--keep`` keeps the hour's figures for Prometheus.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

from notify.channels.webhook.fake import WebhookServer
from simulators.credential import Credential
from tests.bench.hour.figures import Figures
from tests.bench.hour.presses import Presses
from tests.bench.hour.town import PRODUCT, HourSize, Town, build
from tests.bench.load import Sent, load
from tests.bench.report import Options, Report, percentile
from tests.bench.usage import Meter, descendants, family_cpu_s, pss_bytes
from tests.city.engines import made
from tests.city.layout import City, Size

NAME = "city-hour"
_QUICK = HourSize(200, 100, 600, 100, 100.0, 50.0, 200.0, 8)
_SCRAPE_S, _PRESS_S, _STORM, _STORM_S = 15.0, 5.0, 500, 60.0
_LOOKS, _LOOK_S = 300, 2.0
_MIB = 1_048_576


def measure(options: Options, report: Report, folder: Path) -> None:
    """Run it once: an hour is an hour."""
    size, minutes = (_QUICK, 1.5) if options.quick else (HourSize(), options.minutes or 60.0)
    folder.chmod(0o755)  # PostgreSQL runs as somebody else
    with WebhookServer() as phone:
        city = City(made(folder / "city"), Size(partitions=8), webhook_private="true")
        try:
            city.start_engines()
            began_s = time.monotonic()
            town = build(city, size, phone.url)
            report.add(NAME, f"{size.residents} residents enrolled", "s", time.monotonic() - began_s)
            city.start_members()
            report.add(NAME, "known to every member", "s", time.monotonic() - began_s)
            asyncio.run(_live(_Hour(city, town, size, minutes * 60, report), phone, options))
        finally:
            city.stop()


class _Hour(NamedTuple):
    """What runs, and where it is told."""

    city: City
    town: Town
    size: HourSize
    seconds: float
    report: Report


async def _live(hour: _Hour, phone: WebhookServer, options: Options) -> None:
    city, report = hour.city, hour.report
    figures = Figures({name: one.health_port for name, one in city.members.items()})
    presses, stop = Presses(hour.town.callers, city.balancer.ports[1883], phone), asyncio.Event()
    meter, database_s, began_s = Meter(_processes(city)), family_cpu_s(city.postgres.process.pid), time.monotonic()
    beside = [
        asyncio.create_task(figures.follow(_SCRAPE_S, stop)),
        asyncio.create_task(presses.every(_PRESS_S, stop)),
    ]
    storm = asyncio.create_task(_storm(presses, hour.seconds * 2 / 3, 50 if options.quick else _STORM))
    sent = await asyncio.to_thread(_speak, hour)
    stormed = await storm
    stop.set()
    await asyncio.gather(*beside)
    lasted_s = time.monotonic() - began_s
    used = meter.used() | {"PostgreSQL": family_cpu_s(city.postgres.process.pid) - database_s}
    await _tell_calls(report, presses, stormed)
    await _tell_stored(report, city, sent, time.monotonic())
    _tell_costs(report, city, used, sent, lasted_s)
    if options.keep is not None:
        options.keep.mkdir(parents=True, exist_ok=True)
        count = figures.write(options.keep / "city-hour.openmetrics")
        report.note(f"{count} samples of {len(city.members)} members; {figures.missed} of {figures.looks} looks missed")


async def _storm(presses: Presses, after_s: float, count: int) -> list[str]:
    await asyncio.sleep(after_s)
    return await presses.storm(count, _STORM_S)


def _speak(hour: _Hour) -> int:
    """Let all devices speak; after a third of the time every connection breaks at once, and all come back."""
    city, town, size, seconds, report = hour
    mqtt, push = city.balancer.ports[1883], city.balancer.ports[8098]
    total = 0
    with _cloud(push, town, size, seconds) as cloud:
        for part in (seconds / 3, 2 * seconds / 3):
            began_s = time.monotonic()
            homes_speak = load(mqtt, town.homes, window=8, event_every=1)
            with load(mqtt, town.wearables, window=8) as watches, homes_speak as homes:
                back_s = time.monotonic() - began_s
                report.add(NAME, f"all {len(town.wearables) + len(town.homes)} connected", "s", back_s)
                left_s = max(1.0, part - back_s)
                watches.begin(size.wearables_hz, left_s)
                homes.begin(size.homes_hz, left_s)
                total += _tell_sent(report, "watches", watches.end()) + _tell_sent(report, "homes", homes.end())
        said = json.loads(cloud.communicate()[0])
    report.add(NAME, "pushes sent again", "", said["again"])
    report.add(NAME, "slowest push", "s", said["slowest_s"])
    report.add(NAME, "the vendor's cloud behind its schedule, at worst", "s", said["late_s"])
    return total + int(said["messages"])


def _tell_sent(report: Report, who: str, sent: Sent) -> int:
    report.add(NAME, f"{who}: not acknowledged", "messages", sent.sent - sent.acked)
    report.add(NAME, f"{who}: behind their schedule, at worst", "s", sent.late_s)
    return sent.acked


@contextmanager
def _cloud(port: int, town: Town, size: HourSize, seconds: float) -> Iterator[subprocess.Popen[str]]:
    told = {"port": port, "product": PRODUCT, "key": town.push_key, "rate": size.cloud_hz, "seconds": seconds}
    told["devices"] = _ids(town.cloud)
    with subprocess.Popen(
        [sys.executable, "-m", "tests.bench.hour.cloud"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdin is not None
            process.stdin.write(json.dumps(told) + "\n")
            process.stdin.flush()
            yield process
        finally:
            process.kill()


async def _tell_calls(report: Report, presses: Presses, stormed: Sequence[str]) -> None:
    told = presses.told_after_s()
    for _ in range(_LOOKS):
        if len(told := presses.told_after_s()) == len(presses.pressed_s):
            break
        await asyncio.sleep(_LOOK_S)
    in_storm = [took_s for who, took_s in told.items() if who in set(stormed)]
    others = [took_s for who, took_s in told.items() if who not in set(stormed)]
    for name, took in (("SOS to webhook", others), (f"{len(stormed)} within a minute, SOS to webhook", in_storm)):
        for part in (0.5, 0.99):
            report.add(NAME, f"{name}, p{100 * part:.0f} of {len(took)}", "ms", 1_000 * percentile(took, part))
        report.add(NAME, f"{name}, worst", "ms", 1_000 * max(took))
    report.add(NAME, "calls for help not told", "", len(presses.pressed_s) - len(told))


async def _tell_stored(report: Report, city: City, sent: int, since_s: float) -> None:
    """Count what is stored against what was acknowledged, until it is all there."""
    found = 0
    for _ in range(_LOOKS):
        if (found := await asyncio.to_thread(_stored, city)) >= sent:
            break
        await asyncio.sleep(_LOOK_S)
    report.add(NAME, "everything stored, after the last message", "s", time.monotonic() - since_s)
    report.add(NAME, "messages acknowledged", "", sent)
    report.add(NAME, "acknowledged and not stored", "messages", sent - found)


def _stored(city: City) -> int:
    found = 0
    for store, bucket in zip(city.stores, city.buckets, strict=True):
        flux = (
            f'from(bucket: "{bucket}") |> range(start: 0, stop: 2100-01-01T00:00:00Z) |> filter(fn: (r) =>'
            ' r._measurement == "reading" and r._field == "heart_rate") |> group() |> count()'
        )
        answer = httpx.post(
            f"{store.url}/api/v2/query",
            params={"org": store.org},
            headers={"Authorization": f"Token {store.token}", "Accept": "application/csv"},
            json={"query": flux},
            timeout=300,
        ).raise_for_status()
        rows = [line.split(",") for line in answer.text.splitlines() if line.startswith(",_result")]
        found += sum(int(row[-1]) for row in rows)
    return found


def _processes(city: City) -> dict[str, list[int]]:
    found = {kind: [one.process.pid for one in city.of(kind)] for kind in dict.fromkeys(_kinds(city))}
    found["Kafka"] = [one.process.pid for one in city.kafka.brokers]
    found["InfluxDB"] = [one.process.pid for one in city.stores]
    found["balancer"] = [city.balancer.process.pid]
    return found


def _kinds(city: City) -> Iterator[str]:
    return (one.kind for one in city.members.values())


def _tell_costs(report: Report, city: City, used: dict[str, float], sent: int, lasted_s: float) -> None:
    report.add(NAME, "messages a second", "1/s", sent / lasted_s)
    everything = _processes(city) | {"PostgreSQL": descendants(city.postgres.process.pid)}
    for name, pids in everything.items():
        report.add(NAME, f"CPU of {name}", "µs/message", used[name] / sent * 1e6)
        report.add(NAME, f"memory of {name}, {len(pids)}", "MiB", sum(map(pss_bytes, pids)) / _MIB)
    report.add(NAME, "CPU of all", "cores", sum(used.values()) / lasted_s)


def _ids(who: Sequence[Credential]) -> list[str]:
    return [one.device_id for one in who]
