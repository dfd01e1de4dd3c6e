# mypy: ignore-errors
# It runs with the code of 0.1.0, whose rooms had other paths: nothing here resolves today.
"""How `0.1.0.tar.gz` was made: a small installation of 0.1.0, stopped as a power cut would stop it.

Kept as the record of what is in the archive, and to make another one should this be lost. It needs a clone of 0.1.0 and
its dependencies; everybody in it is made up::

    git clone . /tmp/anhu-0.1.0 && git -C /tmp/anhu-0.1.0 checkout v0.1.0
    PYTHONPATH=/tmp/anhu-0.1.0 python tests/upgrade/make_0_1_0.py

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
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec
import numpy as np
from alerts.database import close_sessions, open_sessions
from alerts.migrations import upgrade
from alerts.model import Alert, ConsumerSnapshot, ConsumerState, Outbox, Token, User
from alerts.repository import devices, organisations, residents, users
from alerts.repository.gateway_directory import DatabaseDirectory
from alerts.repository.responses import acknowledge, close
from anhu import wiring
from anhu.processes import alerts as alerts_process
from anhu.processes import dispatcher as dispatcher_process
from anhu.processes import ingest as ingest_process
from anhu.processes.frame import Context
from anhu.settings import Settings
from api.security.passwords import hash_password
from api.services.auth import token_digest
from gateway.codec import Frame
from gateway.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, ManualClock
from gateway.contract.observation import Event, Waveform
from gateway.contract.record import Undecoded, decode_entry
from gateway.intake import Intake
from simulators.report import packed_waveform
from simulators.smtp_server import SmtpServer
from simulators.sources.recording import SHIPPED, trial_story, trials
from simulators.webhook_server import WebhookServer
from sqlalchemy import select

END_MS = 1_795_406_400_000  # 2026-11-23T12:00 in Shanghai
DAYS = 30
FALL = 0
TARGET = Path(__file__).with_name("0.1.0.tar.gz")
PASSWORD = "made-up-password-1"
SECRET = "made-up-secret-of-a-device"
TOKEN = "made-up-token-of-the-desk"
WEBHOOK_SECRET = "made-up-secret-of-a-webhook"
WATCHES = {"w-wang": "r-wang", "w-zhao": "r-zhao", "w-chen": "r-chen"}


class Noting:
    """The LOG, and a note of everything that it acknowledged."""

    def __init__(self, log) -> None:
        self._log = log
        self.told: list[list] = []
        self.undecoded: list[list] = []
        self.forms: set[str] = set()

    async def append_many(self, records):
        position = await self._log.append_many(records)
        for entry in records:
            found = decode_entry(entry)
            self.forms |= {"Bundle"} if len(found) > 1 else {type(found[0]).__name__}
            for record in found:
                self._note(record)
        return position

    def _note(self, record) -> None:
        if isinstance(record, Undecoded):
            self.undecoded.append([record.device_id, record.codec, record.payload.decode(), record.reason])
            return
        for one in record.observations:
            who = [type(one).__name__, record.resident_id, record.device_id]
            self.told.append([*who, *_said(one), one.observed_at_ms, int(one.quality)])


def _said(one):
    if isinstance(one, Event):
        return one.kind, one.state
    return one.quantity, one.array()[:, 0].tolist() if isinstance(one, Waveform) else one.value


class Place:
    """The installation while it is made."""

    def __init__(self, folder: Path, refusing: WebhookServer, hanging: WebhookServer, mail: SmtpServer) -> None:
        self.refusing, self.hanging, self.mail = refusing, hanging, mail
        self.clock = ManualClock(END_MS - (DAYS + 1) * DAY_MS)
        self.settings = Settings(
            data=folder, webhook_private=True, smtp_host="127.0.0.1", smtp_port=mail.port, smtp_starttls=False,
            smtp_from="anhu@example.org",
        )  # fmt: skip
        folder.mkdir()
        upgrade(self.settings.database)
        self.sessions = open_sessions(self.settings.database)
        self._enrol({"centre": refusing.url, "team": hanging.url})
        self.writer = wiring.log_writer(self.settings)
        self.log = Noting(self.writer)
        self.intake = Intake(wiring.known_codecs(self.settings), self.log, self.clock)

    def _enrol(self, hooks: dict[str, str]) -> None:
        now_ms = self.clock.now_ms()
        with self.sessions.begin() as s:
            organisations.create_centre(s, name="幸福里", centre_id="c-1", region_code="330106")
            organisations.create_team(s, name="一组", team_id="t-1", centre_id="c-1")
            for resident_id, name, flags in (
                ("r-wang", "王甲", ("fall_risk",)),
                ("r-li", "李乙", ("lives_alone",)),
                ("r-zhao", "赵丙", ()),
                ("r-chen", "陈丁", ("diabetes",)),
            ):
                residents.create_resident(
                    s, resident_id=resident_id, name=name, flags=flags, centre_id="c-1", team_id="t-1", now_ms=now_ms
                )
            for login, role in (("chief", "admin"), ("desk", "desk"), ("doctor", "team"), ("daughter", "family")):
                place = {"centre_id": "c-1"} if role == "desk" else {"team_id": "t-1"} if role == "team" else {}
                users.create_user(s, login=login, name=login, role=role, password_hash=hash_password(PASSWORD), **place)
            who = {user.login: user.id for user in s.scalars(select(User))}
            users.link_family(s, user_id=who["daughter"], resident_id="r-zhao", relation="daughter")
            s.add(
                Token(sha256=token_digest(TOKEN), user_id=who["desk"], purpose="api", label="wall", created_at_ms=now_ms,
                      expires_at_ms=END_MS + 365 * DAY_MS)
            )  # fmt: skip
            for kind, owner in (("centre", "c-1"), ("team", "t-1")):
                users.create_contact(
                    s, owner_kind=kind, owner_id=owner, channel="webhook", address=hooks[kind], secret=WEBHOOK_SECRET
                )
            users.create_contact(
                s, owner_kind="user", owner_id=who["daughter"], channel="email", address="daughter@example.org"
            )
        with self.sessions.begin() as s:
            for device_id, resident_id in WATCHES.items():
                devices.create_device(
                    s, device_id=device_id, codec="open_json", resident_id=resident_id, secret=SECRET, position="waist",
                    alarms=("sos", "fall"), now_ms=now_ms,
                )  # fmt: skip
            devices.create_device(
                s, device_id="home-li", codec="zigbee2mqtt", resident_id="r-li", secret=SECRET, now_ms=now_ms
            )
            for child, room, whose in (
                ("door", "front_door", "r-chen"),  # the neighbour's, in reach of the same gateway
                ("hall", "living_room", "r-li"),
                ("bath", "bathroom", "r-li"),
            ):
                devices.create_device(
                    s, device_id=f"zigbee-{child}", codec="zigbee2mqtt", resident_id=whose, parent_id="home-li",
                    child_name=child, room=room, now_ms=now_ms,
                )  # fmt: skip
            devices.create_device(
                s, device_id="868888888888888", codec="imede_watch", resident_id="r-chen", secret=SECRET, now_ms=now_ms
            )
            devices.create_device(
                s, device_id="hub-chen", codec="huawei_iotda", resident_id="r-chen", secret=SECRET, now_ms=now_ms
            )
            devices.create_device(s, device_id="w-spare", codec="open_json", secret=SECRET, now_ms=now_ms)
            residents.set_limit(
                s, resident_id="r-zhao", name="heart_rate_high.high_bpm", value=150.0, set_by="doctor", now_ms=now_ms,
                reason="atrial fibrillation, rate control agreed",
            )  # fmt: skip
            devices.queue_command(
                s, device_id="w-wang", name="ask_ok", now_ms=END_MS - MINUTE_MS, expires_at_ms=END_MS + DAY_MS,
                arguments={"seconds": 30},
            )  # fmt: skip

    async def say(self, device_id: str, topic: str, payload, at_ms: int, *, retained: bool = False) -> None:
        """Have a device say something at a time, and wait until it is acknowledged."""
        self.clock.set(at_ms)
        raw = payload if isinstance(payload, bytes) else msgspec.json.encode(payload)
        frame = Frame(topic=topic, payload=raw, device_id=device_id, received_at_ms=at_ms, retained=retained)
        await self.intake.take(frame, DatabaseDirectory(self.sessions).device(device_id))

    async def report(self, device_id: str, at_ms: int, **parts) -> None:
        """Say something in the open format."""
        await self.say(device_id, f"anhu/v1/{device_id}/up", {"v": 1, "time": at_ms, **parts}, at_ms)

    async def zigbee(self, name: str, at_ms: int, *, retained: bool = False, **state) -> None:
        """Say something as a sensor of the home."""
        await self.say("home-li", f"zigbee2mqtt/{name}", state, at_ms, retained=retained)

    @asynccontextmanager
    async def running(self, process, *, killed: bool = False):
        """Run a process of 0.1.0; at the end it is told to stop, or killed where it stands."""
        name, stop, before = process.__name__.rpartition(".")[2], asyncio.Event(), asyncio.all_tasks()
        context = Context(name=name, settings=self.settings, clock=self.clock, stop=stop)
        task = asyncio.create_task(process.body(context))
        yield
        if killed:
            for one in asyncio.all_tasks() - before:
                one.cancel()
        stop.set()
        with suppress(asyncio.CancelledError):
            await task

    async def alerts_stored(self) -> None:
        """Wait until the alert engine's position is the end of the LOG."""
        while True:
            self.clock.forward(SECOND_MS)
            await asyncio.sleep(0.02)
            with self.sessions() as s:
                state = s.get(ConsumerState, "alerts")
                if state is not None and state.position == self.writer.end:
                    return

    async def ingest_committed(self) -> None:
        """Wait until ingest has committed the end of the LOG."""
        while self.read_by("ingest") < self.writer.end:
            await asyncio.sleep(0.02)

    def read_by(self, consumer: str) -> int:
        """Return what a consumer has committed."""
        reader = wiring.log_reader(self.settings, consumer)
        try:
            return reader.committed
        finally:
            reader.close()


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
        while not (place.refusing.calls and place.hanging.calls and place.mail.mails):
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.5)  # the receipts of the first two are kept


def open_alert(place: Place, kind: str):
    with place.sessions() as s:
        return s.scalars(select(Alert).filter_by(kind=kind, is_open=True)).one_or_none()


def respond(place: Place, kind: str, how, **more) -> None:
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


async def make(folder: Path) -> dict:
    with WebhookServer() as refusing, WebhookServer() as hanging, SmtpServer() as mail:
        refusing.fail_next, hanging.silent = 1, True
        place = Place(folder, refusing, hanging, mail)
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


def found(place: Place) -> dict:
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
    with tempfile.TemporaryDirectory() as there:
        folder = Path(there) / "data"
        told = asyncio.run(make(folder))
        (folder / "told.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
        with tarfile.open(TARGET, "w:gz") as archive:
            for file in sorted(f for f in folder.rglob("*") if not f.name.endswith("-shm")):
                archive.add(file, file.relative_to(folder), recursive=False)


if __name__ == "__main__":
    main()
