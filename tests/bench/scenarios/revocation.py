"""From the revocation in the register to the moment in which a device is cut off or refused, at every door."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.versions import touch_centre
from app.settings import Settings
from tests.bench.every_door import MQTT, WITH_SECRETS, Place, every_door
from tests.bench.load import load
from tests.bench.platform import CENTRE
from tests.bench.report import Options, Report, percentile

NAME = "revocation"
_SETTLE_S = 2.0


def measure(options: Options, report: Report, folder: Path) -> None:
    """Measure a fresh installation a run: each door in turn, then while all devices of a centre have changed."""
    times, residents = (2, 20) if options.quick else (25, 1_000)
    for run in range(options.runs):
        place_folder = folder / str(run)
        place_folder.mkdir()
        with every_door(place_folder, residents) as (place, who):
            _cut_off(place, place.doors[-1], 99_000)  # the broker is connected, and everything warm, from here on
            for number, door in enumerate(place.doors):
                _tell(report, f"revoked, {door}", [_cut_off(place, door, 1_000 * number + n) for n in range(times)])
            for number, door in enumerate(d for d in place.doors if d in WITH_SECRETS):
                first = 1_000 * (20 + number)
                taken_s = [_cut_off(place, door, first + n, place.rotate) for n in range(times)]
                _tell(report, f"new secret, {door}", taken_s)
            with load(place.platform.mqtt_port, who):
                time.sleep(_SETTLE_S)
                beside = [_beside_a_change(place, 1_000 * 40 + n) for n in range(times)]
            _tell(report, f"revoked amid a change of {residents} connected devices, {MQTT}", beside)


def _cut_off(
    place: Place,
    door: str,
    number: int,
    end: Callable[[str], object] | None = None,
    *,
    before: Callable[[], None] = lambda: None,
) -> float:
    """Let a device in, end its registration, and return how long it stayed, the register's own time included. [s]."""
    device_id = f"{4_000_000_000 + number}"
    visitor = place.visitor(door, device_id, place.enrol(door, device_id))
    try:
        assert visitor.come_in(), f"{door} refused a registered device"
        time.sleep(number % 7 / 15)  # not always at the same moment between two looks
        before()
        began_s = time.monotonic()
        (end or place.revoke)(device_id)
        return visitor.cut_off_s() - began_s
    finally:
        visitor.leave()


def _beside_a_change(place: Place, number: int) -> float:
    return _cut_off(place, MQTT, number, place.revoke, before=lambda: _touch_all(place))


def _touch_all(place: Place) -> None:
    sessions = open_sessions(Settings(data=place.platform.data).database)
    with sessions.begin() as session:
        touch_centre(session, CENTRE)
    close_sessions(sessions)


def _tell(report: Report, metric: str, taken_s: Sequence[float]) -> None:
    for name, part in (("p50", 0.5), ("worst", 1.0)):
        report.add(NAME, f"{metric}, {name} of {len(taken_s)}", "ms", 1_000 * percentile(taken_s, part))
