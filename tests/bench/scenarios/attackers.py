"""One attacker of the MQTT door of each kind beside a good device and a desk: SOS to webhook, and the desk's page."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from notify.channels.webhook.fake import WebhookServer
from simulators import mqtt_packets as packets
from simulators.credential import Credential
from tests.bench.attacks import ATTACKS, Target, attacking
from tests.bench.desk import page_after_s
from tests.bench.platform import CENTRE, Platform, running
from tests.bench.report import Options, Report

NAME = "attackers"
_SOS = b'{"v":1,"events":[{"kind":"sos"}]}'
_IDLE, _DURING, _QUICK = 5, 10, 3
_PAUSE_S = 0.5
_GIVEN_UP_S = 30.0
_LOOK_S = 0.005


def measure(options: Options, report: Report, folder: Path) -> None:
    """Measure each on an installation of its own: what one leaves behind is not the next one's."""
    for name in ATTACKS:
        place = folder / name.replace(" ", "-").replace(",", "")
        place.mkdir()
        idle, during = (2, _QUICK) if options.quick else (_IDLE, _DURING)
        with WebhookServer() as phone, running(place, 1 + idle + during) as (platform, who):
            platform.admin("create-contact", owner=f"centre:{CENTRE}", channel="webhook", address=phone.url)
            platform.log_in()
            _tell(report, f"{name}, before", list(_calls(platform, phone, who[1 : 1 + idle])))
            target = Target(platform.mqtt_port, platform.port, who[0])
            with attacking(name, target, during * (_PAUSE_S + _GIVEN_UP_S)):
                time.sleep(2 * _PAUSE_S)
                _tell(report, f"{name}, during", list(_calls(platform, phone, who[1 + idle :])))


def _calls(platform: Platform, phone: WebhookServer, who: Sequence[Credential]) -> Iterator[tuple[float, float]]:
    """Press one button after the other; yield how long page and call took, and none after a lost one. [s]."""
    for one in who:
        page_s = page_after_s(platform, _GIVEN_UP_S)
        began_s = time.monotonic()
        taken_s = _called_after_s(platform, phone, one, began_s)
        yield page_s, taken_s
        if taken_s >= _GIVEN_UP_S:
            return
        time.sleep(_PAUSE_S)


def _called_after_s(platform: Platform, phone: WebhookServer, one: Credential, began_s: float) -> float:
    resident, is_kept = f"r-{one.device_id}", False
    while time.monotonic() - began_s < _GIVEN_UP_S:
        is_kept = is_kept or _is_kept(platform, one)
        for call in tuple(phone.calls):
            if json.loads(call.body)["resident_id"] == resident:
                return call.at_s - began_s
        time.sleep(_LOOK_S)
    return _GIVEN_UP_S


def _is_kept(platform: Platform, one: Credential) -> bool:
    """Connect anew and call; false where that has to be tried again, as a device does."""
    try:
        with socket.create_connection(("127.0.0.1", platform.mqtt_port), timeout=_GIVEN_UP_S / 3) as sock:
            sock.sendall(packets.connect(one.device_id, one.device_id, one.secret, 60))
            if sock.recv(4)[3:] != b"\0":
                return False
            sock.sendall(packets.publish(f"anhu/v1/{one.device_id}/up", _SOS, 1))
            return sock.recv(4) == b"\x40\x02\0\1"
    except OSError:
        return False


def _tell(report: Report, title: str, taken: Sequence[tuple[float, float]]) -> None:
    for what, column in (("desk page", 0), ("SOS to webhook", 1)):
        ordered = sorted(one[column] for one in taken)
        report.add(NAME, f"{title}: {what}, median of {len(ordered)}", "ms", 1_000 * ordered[len(ordered) // 2])
        report.add(NAME, f"{title}: {what}, slowest", "ms", 1_000 * ordered[-1])
        lost = sum(one >= _GIVEN_UP_S for one in ordered)
        report.add(NAME, f"{title}: {what}, not there after {_GIVEN_UP_S:.0f} s", "times", lost)
