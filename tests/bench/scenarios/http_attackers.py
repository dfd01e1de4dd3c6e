"""One attacker of the pages of each kind: the desk's page, and an SOS to the desk's stream and the webhook."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from notify.channels.webhook.fake import WebhookServer
from simulators import mqtt_packets as packets
from simulators.credential import Credential
from tests.bench.desk import Desk, page_after_s
from tests.bench.http_attacks import HTTP_ATTACKS, attacking_pages
from tests.bench.platform import CENTRE, Platform, running
from tests.bench.report import Options, Report

NAME = "http-attackers"
_SOS = b'{"v":1,"events":[{"kind":"sos"}]}'
_BEFORE, _DURING = 4, 8
_PAUSE_S = 0.5
_GIVEN_UP_S = 30.0
_LOOK_S = 0.005


def measure(options: Options, report: Report, folder: Path) -> None:
    """Measure each on an installation of its own: what one leaves behind is not the next one's."""
    before, during = (2, 3) if options.quick else (_BEFORE, _DURING)
    for name in HTTP_ATTACKS:
        place = folder / name.replace(" ", "-").replace(",", "")
        place.mkdir()
        with WebhookServer() as phone, running(place, 1 + before + during) as (platform, who):
            platform.admin("create-contact", owner=f"centre:{CENTRE}", channel="webhook", address=phone.url)
            platform.log_in()
            with Desk(platform) as desk:
                _tell(report, f"{name}, before", list(_rounds(platform, desk, phone, who[:before])))
                token = desk.headers["authorization"].partition(" ")[2]
                with attacking_pages(name, platform.port, token, during * (_PAUSE_S + 2 * _GIVEN_UP_S)):
                    time.sleep(4 * _PAUSE_S)
                    _tell(report, f"{name}, during", list(_rounds(platform, desk, phone, who[before:-1])))


class _Round(NamedTuple):
    """How long the desk's queue took, and an SOS until the desk and the webhook had it. [s]."""

    page_s: float
    stream_s: float
    webhook_s: float


def _rounds(platform: Platform, desk: Desk, phone: WebhookServer, who: Sequence[Credential]) -> Iterator[_Round]:
    for one in who:
        page_s = page_after_s(platform, _GIVEN_UP_S)
        began_s = time.monotonic()
        _press(platform, one)
        resident = f"r-{one.device_id}"
        stream_s = _until(began_s, partial(desk.seen_s.get, resident))
        yield _Round(page_s, stream_s, _until(began_s, partial(_called_at_s, phone, resident)))
        time.sleep(_PAUSE_S)


def _press(platform: Platform, one: Credential) -> None:
    with socket.create_connection(("127.0.0.1", platform.mqtt_port), timeout=_GIVEN_UP_S) as sock:
        sock.sendall(packets.connect(one.device_id, one.device_id, one.secret, 60))
        sock.recv(4)
        sock.sendall(packets.publish(f"anhu/v1/{one.device_id}/up", _SOS, 1))
        sock.recv(4)


def _called_at_s(phone: WebhookServer, resident: str) -> float | None:
    calls = (call for call in tuple(phone.calls) if json.loads(call.body)["resident_id"] == resident)
    return next((call.at_s for call in calls), None)


def _until(began_s: float, when: Callable[[], float | None]) -> float:
    while time.monotonic() - began_s < _GIVEN_UP_S:
        if (at_s := when()) is not None:
            return at_s - began_s
        time.sleep(_LOOK_S)
    return _GIVEN_UP_S


def _tell(report: Report, title: str, taken: Sequence[_Round]) -> None:
    for what, column in (("desk page", 0), ("SOS to the desk's stream", 1), ("SOS to webhook", 2)):
        ordered = sorted(one[column] for one in taken)
        report.add(NAME, f"{title}: {what}, median of {len(ordered)}", "ms", 1_000 * ordered[len(ordered) // 2])
        report.add(NAME, f"{title}: {what}, slowest", "ms", 1_000 * ordered[-1])
        lost = sum(one >= _GIVEN_UP_S for one in ordered)
        report.add(NAME, f"{title}: {what}, given up after {_GIVEN_UP_S:.0f} s", "times", lost)
