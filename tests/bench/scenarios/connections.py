"""Idle devices on one front door: memory each, the time for all to come back, and an SOS pressed meanwhile."""

from __future__ import annotations

import json
import os
import resource
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from simulators import mqtt_packets as packets
from simulators.credential import Credential
from simulators.webhook_server import WebhookServer
from tests.bench.platform import CENTRE, Platform, running
from tests.bench.report import Options, Report
from tests.bench.usage import Meter, pss_bytes
from tests.services.certificate import make_certificate
from tests.services.process import free_port
from tests.smoke.installation import until

NAME = "connections"
_PLAIN, _TLS = 50_000, 5_000
_OTHER_FILES = 500
_A_TURN = 500
_PER_ADDRESS = 5_000  # with more, the kernel searches for free ports for longer than all else takes
_ANSWER_S = 60.0
_CALLERS = 100
_CALL_EVERY_S = 0.5


class _Door(NamedTuple):
    """One way in."""

    kind: str
    port: int
    tls: ssl.SSLContext | None

    def open(self, source: str) -> socket.socket:
        """Return a connected socket."""
        sock = socket.create_connection(("127.0.0.1", self.port), source_address=(source, 0), timeout=_ANSWER_S)
        return self.tls.wrap_socket(sock, server_hostname="127.0.0.1") if self.tls else sock


def measure(options: Options, report: Report, folder: Path) -> None:
    """Connect everybody, count, cut everybody off at once, and let everybody come back."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _OTHER_FILES
    plain, tls = (200, 50) if options.quick else (min(_PLAIN, most), min(_TLS, most))
    if most < _PLAIN:
        report.note(
            f"{NAME}: a process may open {most + _OTHER_FILES} files here, so {most} devices at most, not {_PLAIN}"
        )
    for run in range(options.runs):
        for kind, count in (("plain", plain), ("TLS", tls)):
            place = folder / f"{run}-{kind}"
            place.mkdir()
            _measure(report, place, kind, count)


class _Buttons:
    """People who press SOS while everybody else comes back: connected anew, each once, one after the other."""

    def __init__(self, door: _Door, callers: Sequence[Credential], phone: WebhookServer) -> None:
        self._door, self._waiting, self._phone = door, list(callers), phone
        self._over = threading.Event()
        self._pressed_s: dict[str, float] = {}
        self._answered_s: dict[str, float] = {}

    @contextmanager
    def pressed(self) -> Iterator[None]:
        """Have them pressed during the block."""
        thread = threading.Thread(target=self._press)
        thread.start()
        yield
        self._over.set()
        thread.join()

    def tell(self, report: Report, platform: Platform) -> None:
        """Wait for every call, and report how long the slowest and the one in the middle took."""
        called = until(
            lambda: found if self._pressed_s.keys() <= (found := self._called_s()).keys() else None, platform.log
        )
        for to, times in (("its answer", self._answered_s), ("webhook", called or {})):
            taken_s = sorted(times[r] - at_s for r, at_s in self._pressed_s.items())
            title = f"{self._door.kind}, SOS from a device that comes back too, to {to}"
            report.add(NAME, f"{title}, median", "ms", 1_000 * taken_s[len(taken_s) // 2])
            report.add(NAME, f"{title}, slowest", "ms", 1_000 * taken_s[-1])
        report.add(NAME, f"{self._door.kind}, SOS pressed meanwhile, all arrived", "calls", len(self._pressed_s))

    def _press(self) -> None:
        while self._waiting and not self._over.wait(_CALL_EVERY_S if self._pressed_s else 0):
            one = self._waiting.pop()
            resident = f"r-{one.device_id}"
            self._pressed_s[resident] = time.monotonic()
            with self._door.open("127.0.0.1") as sock:
                sock.sendall(packets.connect(one.device_id, one.device_id, one.secret, 0))
                assert sock.recv(4)[3:] == b"\0", "the caller was refused"
                sock.sendall(packets.publish(f"anhu/v1/{one.device_id}/up", b'{"v":1,"events":[{"kind":"sos"}]}', 1))
                assert sock.recv(4) == b"\x40\x02\0\1", "the call was not answered"
            self._answered_s[resident] = time.monotonic()

    def _called_s(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for call in tuple(self._phone.calls):
            found.setdefault(json.loads(call.body)["resident_id"], call.at_s)
        return found


def _measure(report: Report, folder: Path, kind: str, count: int) -> None:
    """Measure one kind on an installation of its own: none reuses memory that the other one has left."""
    certificate, key = make_certificate(folder)
    port = free_port()
    settings = {"mqtt_tls_port": str(port), "tls_certificate": str(certificate), "tls_key": str(key)}
    with WebhookServer() as phone, running(folder, count + _CALLERS, **settings) as (platform, who):
        platform.admin("create-contact", owner=f"centre:{CENTRE}", channel="webhook", address=phone.url)
        trusting = ssl.create_default_context(cafile=str(certificate))
        door = _Door(kind, port, trusting) if kind == "TLS" else _Door(kind, platform.mqtt_port, None)
        buttons = _Buttons(door, who[:_CALLERS], phone)
        stages = platform.stages()
        before = pss_bytes(stages["gateway"][0])
        _connect_all(report, stages, who[_CALLERS:], door, time_of="first connection", before=before)
        with buttons.pressed():
            _connect_all(report, stages, who[_CALLERS:], door, time_of="reconnection", before=before)
        buttons.tell(report, platform)


def _connect_all(
    report: Report, stages: dict[str, list[int]], who: Sequence[Credential], door: _Door, *, time_of: str, before: int
) -> None:
    meter, began_s = Meter(stages | {"generator": [os.getpid()]}), time.monotonic()
    with ExitStack() as stack:
        for first in range(0, len(who), _A_TURN):
            _connect(stack, who[first : first + _A_TURN], first, door)
        took_s = time.monotonic() - began_s
        report.add(NAME, f"{door.kind}, {time_of} of {len(who)}", "s", took_s)
        for stage, cpu_s in meter.used().items():
            report.add(NAME, f"{door.kind}, {time_of}, CPU of {stage}", "µs/connection", cpu_s / len(who) * 1e6)
        used = (pss_bytes(stages["gateway"][0]) - before) / len(who)
        report.add(NAME, f"{door.kind}, memory after {time_of}", "byte/connection", used)


def _connect(stack: ExitStack, who: Sequence[Credential], first: int, door: _Door) -> None:
    opened: list[socket.socket] = []
    for one in who:
        sock = stack.enter_context(door.open(f"127.0.0.{2 + first // _PER_ADDRESS}"))
        sock.sendall(packets.connect(one.device_id, one.device_id, one.secret, 0))
        opened.append(sock)
    for sock in opened:
        assert sock.recv(4)[3:] == b"\0", "a device was refused"
