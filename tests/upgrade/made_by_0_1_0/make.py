# mypy: ignore-errors
# It runs with the code of 0.1.0, whose rooms had other paths: nothing here resolves today.
"""How `installation.tar.gz` was made: a small installation of 0.1.0, stopped as a power cut would stop it.

Kept as the record of what is in the archive, and to make another one should this be lost. It needs a clone of 0.1.0 and
its dependencies; everybody in it is made up::

    git clone . /tmp/anhu-0.1.0 && git -C /tmp/anhu-0.1.0 checkout 0b60aaf
    PYTHONPATH=/tmp/anhu-0.1.0 python tests/upgrade/made_by_0_1_0/make.py

The real processes of 0.1.0 run, on a clock that is set: a month in which habits are learned, then the last quarter of
an hour before the end, and what came after `alerts` and `ingest` had been killed and before the gateway was. What the
gateway acknowledged is noted on its way to the LOG (`told.json` in the archive), and so is what else the next version
must find.
"""

from __future__ import annotations

import asyncio
import json
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from people import END_MS, PASSWORD, SECRET, TOKEN, WATCHES, WEBHOOK_SECRET
from place import Place
from sqlalchemy import select

from alerts.database import close_sessions
from alerts.model import Alert, ConsumerSnapshot, ConsumerState, Outbox
from alerts.repository.gateway_directory import DatabaseDirectory
from alerts.repository.responses import acknowledge, close
from anhu.processes import alerts as alerts_process
from anhu.processes import dispatcher as dispatcher_process
from anhu.processes import ingest as ingest_process
from gateway.codec import Frame
from gateway.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from simulators.report import packed_waveform
from simulators.smtp_server import SmtpServer
from simulators.sources.recording import SHIPPED, trial_story, trials
from simulators.webhook_server import WebhookServer

DAYS = 30
FALL = 0
TARGET = Path(__file__).with_name("installation.tar.gz")


async def a_month(place: Place) -> None:
    """Habits: a resting heart rate around 62, and a home in which the longest stillness is 4.8 waking hours."""
    for day in range(DAYS, 0, -1):
        midnight_ms = END_MS - 12 * HOUR_MS - day * DAY_MS
        for quarter in range(18):
            at_ms = midnight_ms + 2 * HOUR_MS + quarter * 15 * MINUTE_MS
            await place.report("w-zhao", at_ms, values={"heart_rate": 62 + (quarter * 7 + day * 3) % 5})
        for hours in (7.0, 11.8, 16.6, 21.4):
            at_ms = midnight_ms + round(hours * HOUR_MS)
            await place.zigbee("hall", at_ms, occupancy=True)
            await place.zigbee("hall", at_ms + 90 * SECOND_MS, occupancy=False)


async def the_last_quarter(place: Place) -> None:
    """Alerts of every state, a door left open, a fall ten seconds ago."""
    await place.report("w-chen", END_MS - 40 * MINUTE_MS, values={"glucose": {"value": 3.4, "unit": "mmol/L"}})
    await place.alerts_stored()
    respond(place, "glucose_low", close, outcome="true")
    await place.zigbee("bath", END_MS - 20 * MINUTE_MS, water_leak=True)
    while open_alert(place, "water_leak") is None:
        await place.alerts_stored()
    respond(place, "water_leak", acknowledge)
    await place.zigbee("hall", END_MS - 15 * MINUTE_MS, occupancy=True)
    await place.zigbee("door", END_MS - 10 * MINUTE_MS, contact=False)
    await place.report("w-zhao", END_MS - 3 * MINUTE_MS, events=[{"kind": "sos"}])
    await place.alerts_stored()
    await the_provider_is_down(place)
    story = trial_story(trials(SHIPPED / "umafall_S05.npz")[FALL], position="waist")
    for report in story:
        start_ms = END_MS - 2 * MINUTE_MS
        await place.say("w-wang", "anhu/v1/w-wang/up", report.payload(start_ms), start_ms + report.after_ms)
        await place.alerts_stored()
        if open_alert(place, "fall_suspected"):
            return
    raise AssertionError("no fall was suspected")


async def the_provider_is_down(place: Place) -> None:
    """One message is refused for now, one arrives, and one hangs while the dispatcher is killed."""
    async with place.running(dispatcher_process, killed=True):
        while not (place.refusing.calls and place.hanging.calls and place.mail.mails):  # noqa: ASYNC110 - threads
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.5)  # the receipts of the first two are kept


def open_alert(place: Place, kind: str) -> Alert | None:
    """Return the open alert of a kind."""
    with place.sessions() as s:
        return s.scalars(select(Alert).filter_by(kind=kind, is_open=True)).one_or_none()


def respond(place: Place, kind: str, how: Callable[..., Alert], **more: str) -> None:
    """Answer the open alert of a kind, as the desk does."""
    with place.sessions.begin() as s:
        alert = s.scalars(select(Alert).filter_by(kind=kind, is_open=True)).one()
        how(s, alert.id, actor="desk", now_ms=place.clock.now_ms(), **more)


async def unread(place: Place) -> None:
    """What the gateway acknowledged before it was killed too, and nobody has read: every form that a record has."""
    at = place.clock.now_ms
    await place.report("w-zhao", at() + 10, values={"heart_rate": 71})
    together = [
        place.report(device, at() + 20 + k, values={"heart_rate": 70 + k, "spo2": 96})
        for k, device in enumerate([*WATCHES, *WATCHES])
    ]
    await asyncio.gather(*together)
    await place.report(
        "w-chen", at() + 10,
        values={"glucose": {"value": 126, "unit": "mg/dL", "context": "fasting"}, "spo2": {"value": 71, "poor": True}},
    )  # fmt: skip
    again = at() + 10
    await place.report("w-chen", again, values={"heart_rate": 66.5})
    await place.report("w-chen", again, values={"heart_rate": 66.5})
    await place.say("w-chen", "anhu/v1/w-chen/up", b'{"v":1,"values":{"hart_rate":72}}', at() + 10)
    refused = asyncio.get_running_loop().create_future()
    stranger = Frame(topic="zigbee2mqtt/x", payload=b"{}", device_id="nobody", received_at_ms=at() + 10)
    place.intake.keep_undecoded(stranger, "device: got 'nobody'", lambda *_: refused.set_result(None))
    await refused
    wave = np.sin(np.arange(500) / 10.0)
    await place.report(
        "w-zhao", at() + 10, waveforms=[packed_waveform("ecg", wave, sampling_rate_hz=250.0, channels=("I",))]
    )
    await place.report("w-chen", at() + 10, events=[{"kind": "sos", "attributes": {"latitude_deg": 30.25}}])
    await place.zigbee("bath", at() + 10, retained=True, smoke=True)
    await place.zigbee("hall", at() + 10, linkquality=80, temperature=21.5, humidity=48)
    await place.zigbee("bath", at() + 10, action="mystery_press")
    await place.say(
        "868888888888888", "imede_watch/HB", {"IMEI": "868888888888888", "battery": 67, "step": 999}, at() + 10
    )
    await place.say(
        "hub-chen", "$oc/devices/hub-chen/sys/properties/report",
        {"services": [{"service_id": "Temperature", "properties": {"value": 22}}]}, at() + 10,
    )  # fmt: skip
    await place.report("w-spare", at() + 10, values={"heart_rate": 64})
    place.intake.report_connection(DatabaseDirectory(place.sessions).device("w-zhao"), "off", "connection lost")
    await place.intake.aclose()


async def make(folder: Path) -> dict[str, object]:
    """Make the installation in a folder; return what the next version must find."""
    with WebhookServer() as refusing, WebhookServer() as hanging, SmtpServer() as mail:
        refusing.fail_next, hanging.silent = 1, True
        place = Place(folder, refusing, hanging, mail, END_MS - (DAYS + 1) * DAY_MS)
        async with place.running(ingest_process):
            async with place.running(alerts_process):
                await a_month(place)
                await place.alerts_stored()
                await the_last_quarter(place)
            await place.ingest_committed()
            async with place.running(alerts_process, killed=True):
                await place.report("w-zhao", place.clock.now_ms() + 10, values={"heart_rate": 69})
                await place.alerts_stored()
            await place.ingest_committed()
        await place.report("w-zhao", place.clock.now_ms() + 10, values={"heart_rate": 70})
        async with place.running(alerts_process, killed=True):
            await place.alerts_stored()
        await unread(place)
        await place.writer.aclose()
        told = found(place)
        close_sessions(place.sessions)
    return told


def found(place: Place) -> dict[str, object]:
    """Return what was acknowledged, and what the database holds."""
    with place.sessions() as s:
        alerts = [[a.id, a.resident_id, a.kind, a.response, a.is_open] for a in s.scalars(select(Alert))]
        outbox = [[o.idempotency_key, o.state, o.attempts] for o in s.scalars(select(Outbox))]
        snapshot, position = s.get(ConsumerSnapshot, "alerts").position, s.get(ConsumerState, "alerts").position
    positions = snapshot, place.read_by("ingest"), position, place.writer.end
    assert positions == tuple(sorted(set(positions))), positions
    assert place.log.forms == {"Reading", "Numbers", "Bundle", "Undecoded"}
    assert {state for _, state, _ in outbox} == {"cancelled", "failed_temporary", "sending", "sent", "pending"}
    return {
        "version": "0.1.0",
        "end_ms": place.clock.now_ms(),
        "password": PASSWORD,
        "secret": SECRET,
        "token": TOKEN,
        "webhook_secret": WEBHOOK_SECRET,
        "told": place.log.told,
        "undecoded": place.log.undecoded,
        "alerts": alerts,
        "outbox": outbox,
    }


def main() -> None:
    """Make it, and pack it."""
    with tempfile.TemporaryDirectory() as there:
        folder = Path(there) / "data"
        told = asyncio.run(make(folder))
        (folder / "told.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
        with tarfile.open(TARGET, "w:gz") as archive:
            for file in sorted(f for f in folder.rglob("*") if not f.name.endswith("-shm")):
                archive.add(file, file.relative_to(folder), recursive=False)


if __name__ == "__main__":
    main()
