"""A test alarm from a device to everybody who would be told of a real one, and what became of it.

It goes every way of a real call: the MQTT door, the LOG, the engine, the outbox, the channels. Its kind says "drill" on
the desk, in messages and in the history; it asks for no emergency service and counts in no figure.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, sessionmaker

from alerts.episodes import responses
from alerts.episodes.lifecycle import IllegalStepError, Outcome
from alerts.episodes.messages import who_around
from alerts.episodes.policies.book import policy_of
from alerts.episodes.policies.due import told
from alerts.episodes.policies.who import Way
from alerts.subject import subject_of
from alerts.tables import Alert
from anhu.contract.clock import SECOND_MS, Clock
from anhu.contract.errors import FieldError
from anhu.outbox.tables import REACHED, MessageState, Outbox, Receipt
from anhu.outbox.writing import about
from anhu.registry import devices
from anhu.registry.database import close_sessions, open_sessions, reading
from anhu.registry.heartbeat import lives
from anhu.registry.rows import existing
from anhu.registry.tables import Audit, Device, Resident
from app.cli.one_transaction import shell_user
from app.device_door import device_door
from app.drill_report import Drilled, Told
from app.settings import Settings
from simulators.credential import Credential
from simulators.device import DeviceError
from simulators.fleet import FleetDevice

T = TypeVar("T")
_DOOR_S, _ALERT_S, _POLL_S = 20.0, 20.0, 0.1
_WHO, _DRILL = "anhu doctor", "drill_call"


def drill(settings: Settings, resident_id: str, clock: Clock, *, wait_s: float, who: str = "") -> Drilled:
    """Make a drill of one resident (empty: the first) and end it; waits no longer than it is told to. [s].

    Parameters
    ----------
    who : str
        For the audit; empty: who runs this program.

    Raises
    ------
    MissingRowError, FieldError
        If there is no such resident, or none at all.
    """
    sessions = open_sessions(settings.database)
    try:
        return _Drill(settings, sessions, clock, who).run(resident_id, wait_s)
    finally:
        close_sessions(sessions)


class _Drill:
    def __init__(self, settings: Settings, sessions: sessionmaker[Session], clock: Clock, who: str) -> None:
        self._settings = settings
        self._sessions = sessions
        self._clock = clock
        self._who = who or shell_user()
        self._before_ms = 0

    def run(self, wanted: str, wait_s: float) -> Drilled:
        host, port, tls = device_door(self._settings)
        with self._sessions.begin() as session:
            resident_id = _resident(session, wanted).id
            self._end_drills(session, resident_id)
            self._before_ms = session.scalar(select(func.max(Alert.raised_at_ms)).where(*_drills(resident_id))) or 0
            now_ms = self._clock.now_ms()
            credential = _enrol(session, resident_id, now_ms)
            audit = Audit(at_ms=now_ms, user_id="", action="cli.doctor.alarm", resident_id=resident_id)
            audit.address = self._who[:64]
            session.add(audit)
        try:
            return self._watched(resident_id, FleetDevice(credential, host=host, port=port, tls=tls), wait_s)
        finally:
            with self._sessions.begin() as session:
                self._end_drills(session, resident_id)
                devices.update_device(session, credential.device_id, {"enabled": False})

    def _watched(self, resident_id: str, device: FleetDevice, wait_s: float) -> Drilled:
        try:
            sent_ms = asyncio.run(self._send(device))
        except DeviceError as error:
            return Drilled(resident_id, None, (), f"the door did not take it: {error}")
        alert_id = _until(lambda: self._alert(resident_id), _ALERT_S)
        if alert_id is None:
            problem = "the door took it, and no alert came of it: is the alert process alive?"
            return Drilled(resident_id, None, (), problem)
        raised_s = (self._raised_ms(alert_id) - sent_ms) / SECOND_MS
        _until(lambda: self._is_decided(alert_id), wait_s)
        told = self._told(alert_id, sent_ms)
        problem = "" if told else "nobody is told of a call of this resident: there is no contact"
        return Drilled(resident_id, max(raised_s, 0.0), told, problem)

    async def _send(self, device: FleetDevice) -> int:
        """Be a device that calls; return when it did. Raises `DeviceError`. [ms]."""
        await _connect(device)
        sent_ms = self._clock.now_ms()
        await device.publish(json.dumps({"v": 1, "events": [{"kind": _DRILL}]}).encode(), urgent=True)
        taken = await device.wait_acknowledged(_DOOR_S)
        await device.close()
        if not taken:
            raise DeviceError(f"{device.device_id}: the message was not acknowledged within {_DOOR_S:g} s")
        return sent_ms

    def _alert(self, resident_id: str) -> str | None:
        with reading(self._sessions)() as session:
            return session.scalar(select(Alert.id).where(*_drills(resident_id), Alert.raised_at_ms > self._before_ms))

    def _raised_ms(self, alert_id: str) -> int:
        with reading(self._sessions)() as session:
            return session.get_one(Alert, alert_id).raised_at_ms

    def _is_decided(self, alert_id: str) -> bool:
        decided = (*REACHED, MessageState.FAILED_PERMANENT, MessageState.CANCELLED)
        waiting = select(Outbox.id).where(about(subject_of(alert_id)), Outbox.state.not_in(decided)).limit(1)
        with reading(self._sessions)() as session:
            return session.scalar(waiting) is None

    def _told(self, alert_id: str, sent_ms: int) -> list[Told]:
        with reading(self._sessions)() as session:
            alert = session.get_one(Alert, alert_id)
            ways = told(policy_of(session, alert), 0, who_around(session, alert, self._clock.now_ms()))
            return [_told(session, way, alert_id, sent_ms) for way in ways]

    def _end_drills(self, session: Session, resident_id: str) -> None:
        for alert_id in session.scalars(select(Alert.id).where(*_drills(resident_id), Alert.is_open)).all():
            with suppress(IllegalStepError):  # somebody at the desk has closed it
                responses.close(session, alert_id, Outcome.DRILL, actor=_WHO, now_ms=self._clock.now_ms())


def _drills(resident_id: str) -> tuple[ColumnElement[bool], ...]:
    return (Alert.resident_id == resident_id, Alert.kind == _DRILL)


def _resident(session: Session, wanted: str) -> Resident:
    if wanted:
        return existing(session, Resident, wanted)
    looked_after = (
        select(Resident).where(Resident.active, lives()).order_by(Resident.centre_id.is_(None), Resident.id).limit(1)
    )
    first = session.scalar(looked_after)
    if first is None:
        raise FieldError("--resident", "", "a resident: there is none yet", zh="一位老人：尚未登记任何老人")
    return first


def _enrol(session: Session, resident_id: str, now_ms: int) -> Credential:
    """Give the resident a device for the drill, the same each time; it counts as no call device of theirs."""
    device_id = "drill-" + hashlib.sha256(resident_id.encode()).hexdigest()[:12]
    secret = devices.new_secret()
    if session.get(Device, device_id) is None:
        devices.create_device(
            session,
            device_id=device_id,
            codec="open_json",
            model="drill",
            now_ms=now_ms,
            secret=secret,
            resident_id=resident_id,
        )
    else:
        devices.rotate_secret(session, device_id, secret)
        devices.update_device(session, device_id, {"enabled": True})
    return Credential(device_id, secret)


async def _connect(device: FleetDevice) -> None:
    end_s = time.monotonic() + _DOOR_S
    while True:
        try:
            await device.connect(_DOOR_S)
        except DeviceError:
            if time.monotonic() > end_s:
                raise
            await asyncio.sleep(1.0)
        else:
            return


def _until(asked: Callable[[], T], wait_s: float) -> T:
    """Ask until the answer is true or the time is over; return the last one. [s]."""
    end_s = time.monotonic() + wait_s
    while not (found := asked()) and time.monotonic() < end_s:
        time.sleep(_POLL_S)
    return found


def _told(session: Session, way: Way, alert_id: str, sent_ms: int) -> Told:
    of_contact = (about(subject_of(alert_id)), Outbox.contact_id == way.contact_id)
    newest = select(Receipt).join(Outbox, Outbox.id == Receipt.outbox_id).where(*of_contact)
    receipt = session.scalar(newest.order_by(Receipt.id.desc()).limit(1))
    owner = f"{way.owner_kind}:{way.owner_id}"
    if receipt is None:
        written = session.scalar(select(Outbox.id).where(*of_contact).limit(1))
        why = "it was not tried in time: is the dispatcher alive?" if written else "nothing was written for it"
        return Told(way.contact_id, owner, way.channel, None, why)
    after_s = (receipt.at_ms - sent_ms) / SECOND_MS if receipt.state in REACHED else None
    return Told(way.contact_id, owner, way.channel, after_s, receipt.detail)
