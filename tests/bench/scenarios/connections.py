"""Idle devices on one front door: memory a connection, and how long all of them take to come back. Plain and TLS."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from simulators import mqtt_packets as packets
from simulators.credential import Credential
from tests.bench.certificate import make_certificate
from tests.bench.platform import Platform, running
from tests.bench.report import Options, Report
from tests.bench.usage import Meter, pss_bytes
from tests.services.process import free_port

NAME = "connections"
_PLAIN, _TLS = 50_000, 5_000
_A_TURN = 200
_PER_ADDRESS = 20_000  # fewer than a loopback address has free ports
_ANSWER_S = 60.0


def measure(options: Options, report: Report, folder: Path) -> None:
    """Connect everybody, count, cut everybody off at once, and let everybody come back."""
    plain, tls = (200, 50) if options.quick else (_PLAIN, _TLS)
    for run in range(options.runs):
        place = folder / str(run)
        place.mkdir()
        certificate, key = make_certificate(place)
        port = free_port()
        settings = {"mqtt_tls_port": str(port), "tls_certificate": str(certificate), "tls_key": str(key)}
        with running(place, plain, **settings) as (platform, who):
            trusting = ssl.create_default_context(cafile=str(certificate))
            _measure(report, platform, who, platform.mqtt_port, None)
            _measure(report, platform, who[:tls], port, trusting)


def _measure(
    report: Report, platform: Platform, who: Sequence[Credential], port: int, tls: ssl.SSLContext | None
) -> None:
    kind = "TLS" if tls else "plain"
    (gateway,) = platform.stages()["gateway"]
    before = pss_bytes(gateway)
    for time_of in ("first connection", "reconnection"):
        meter, began_s = Meter({"gateway": [gateway]}), time.monotonic()
        with ExitStack() as stack:
            for first in range(0, len(who), _A_TURN):
                _connect(stack, who[first : first + _A_TURN], first, port, tls)
            took_s = time.monotonic() - began_s
            report.add(NAME, f"{kind}, {time_of} of {len(who)}", "s", took_s)
            cpu_us = meter.used()["gateway"] / len(who) * 1e6
            report.add(NAME, f"{kind}, {time_of}, CPU of the gateway", "µs/connection", cpu_us)
            used = (pss_bytes(gateway) - before) / len(who)
            report.add(NAME, f"{kind}, memory after {time_of}", "byte/connection", used)


def _connect(stack: ExitStack, who: Sequence[Credential], first: int, port: int, tls: ssl.SSLContext | None) -> None:
    opened: list[socket.socket] = []
    for one in who:
        source = f"127.0.0.{2 + first // _PER_ADDRESS}"
        sock = socket.create_connection(("127.0.0.1", port), source_address=(source, 0))
        if tls is not None:
            sock = tls.wrap_socket(sock, server_hostname="127.0.0.1")
        stack.enter_context(sock)
        sock.sendall(packets.connect(one.device_id, one.device_id, one.secret, 0))
        opened.append(sock)
    for sock in opened:
        sock.settimeout(_ANSWER_S)
        assert sock.recv(4)[3:] == b"\0", "a device was refused"
