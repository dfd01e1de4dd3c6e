"""Idle devices on one front door: memory each, the time for all to come back, and an SOS pressed meanwhile."""

from __future__ import annotations

import os
import random
import resource
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path

from notify.channels.webhook.fake import WebhookServer
from tests.bench.buttons import Buttons
from tests.bench.doors import Door, Visit, come_in
from tests.bench.platform import CENTRE, Platform, running
from tests.bench.report import Options, Report
from tests.bench.usage import Meter, pss_bytes
from tests.services.certificate import make_certificate
from tests.services.process import free_port

NAME = "connections"
_KINDS = {"plain": {"plain": 50_000}, "TLS": {"TLS": 5_000}, "together": {"plain": 50_000, "TLS": 5_000}}
_QUICK = 0.005
_OTHER_FILES = 500
_CALLERS = 400


def measure(options: Options, report: Report, folder: Path) -> None:
    """Connect everybody, count, cut everybody off at once, and let everybody come back."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    for run in range(options.runs):
        for kind, wanted in _KINDS.items():
            place = folder / f"{run}-{kind}"
            place.mkdir()
            room = min(1.0, (files - _OTHER_FILES) / sum(wanted.values()))
            if room < 1:
                report.note(f"{NAME}: {kind}: a process may open {files} files here: {room:.0%} of the devices")
            share = _QUICK if options.quick else room
            _measure(report, place, kind, {door: int(count * share) for door, count in wanted.items()})


def _measure(report: Report, folder: Path, kind: str, groups: Mapping[str, int]) -> None:
    """Measure one kind on an installation of its own: none reuses memory that another one has left."""
    certificate, key = make_certificate(folder)
    port = free_port()
    settings = {"mqtt_tls_port": str(port), "tls_certificate": str(certificate), "tls_key": str(key)}
    count = _CALLERS + sum(groups.values())
    with WebhookServer() as phone, running(folder, count, **settings) as (platform, who):
        platform.admin("create-contact", owner=f"centre:{CENTRE}", channel="webhook", address=phone.url)
        trusting = ssl.create_default_context(cafile=str(certificate))
        doors = {"plain": Door("plain", platform.mqtt_port), "TLS": Door("TLS", port, trusting)}
        callers = map(Visit, who[:_CALLERS], cycle(doors[name] for name in groups))
        crowd = map(Visit, who[_CALLERS:], _mixed(doors[name] for name, n in groups.items() for _ in range(n)))
        buttons, arrival = Buttons(callers, phone), _Arrival(report, platform, kind, tuple(crowd))
        arrival.of_all("first connection")
        with buttons.pressed():
            arrival.of_all("reconnection")
        buttons.tell(report, NAME, kind, platform)


def _mixed(doors: Iterator[Door]) -> list[Door]:
    """Return them in the order of a crowd, the same in each run."""
    crowd = list(doors)
    random.Random(0).shuffle(crowd)  # noqa: S311 - no secret
    return crowd


class _Arrival:
    """Everybody comes, is counted, and is cut off at once."""

    def __init__(self, report: Report, platform: Platform, kind: str, visits: Sequence[Visit]) -> None:
        self._report, self._kind, self._visits = report, kind, visits
        self._stages = platform.stages()
        self._before = self._gateway_bytes()

    def of_all(self, name: str) -> None:
        """Say what it took and what it takes."""
        count, meter, began_s = len(self._visits), Meter(self._stages | {"generator": [os.getpid()]}), time.monotonic()
        with ExitStack() as stack:
            again = come_in(stack, self._visits)
            self._say(f"{name} of {count}", "s", time.monotonic() - began_s)
            self._say(f"{name}, cut off and come again", "devices", again)
            for stage, cpu_s in meter.used().items():
                self._say(f"{name}, CPU of {stage}", "µs/connection", cpu_s / count * 1e6)
            used = (self._gateway_bytes() - self._before) / count
            self._say(f"memory after {name}", "byte/connection", used)

    def _say(self, metric: str, unit: str, value: float) -> None:
        self._report.add(NAME, f"{self._kind}, {metric}", unit, value)

    def _gateway_bytes(self) -> int:
        return pss_bytes(self._stages["gateway"][0])
