"""Makes the call, and follows it as far as it comes."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
import time
from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from alerts.tables import Alert
from anhu.contract.clock import Clock
from anhu.registry import devices, heartbeat
from anhu.registry.database import reading
from anhu.registry.heartbeat import HEARTBEAT, Phone
from anhu.registry.tables import Device
from app.heartbeat.beat import Beat
from app.heartbeat.forgetting import end_and_forget
from notify.fake_server import FakeServer
from simulators.credential import Credential
from simulators.device import DeviceError
from simulators.fleet import FleetDevice

KIND = "heartbeat_call"
_logger = logging.getLogger(__name__)
_POLL_S = 0.02
_CALL = json.dumps({"v": 1, "events": [{"kind": KIND}]}).encode()


Door = tuple[str, int, ssl.SSLContext | None]


class Heart:
    """A device that calls, and the telephone that rings.

    Parameters
    ----------
    sessions : sessionmaker
        Of the platform's database.
    clock : Clock
        The present.
    door : callable
        Returns host, port and TLS of the door for devices; asked anew after a call that it did not take.
    phone : FakeServer
        What rings.
    who : str
        The resident for whom it calls, and the device.
    partition : int
        Of the LOG, in which its calls lie.
    limit_s : float
        A call that takes longer has not arrived. [s]
    """

    def __init__(
        self,
        sessions: sessionmaker[Session],
        clock: Clock,
        *,
        door: Callable[[], Door],
        phone: FakeServer,
        who: str = HEARTBEAT,
        partition: int = 0,
        limit_s: float = 20.0,
    ) -> None:
        self._sessions = sessions
        self._clock = clock
        self._limit_s = limit_s
        self._door, self._phone, self._who, self._partition = door, phone, who, partition
        self._secret = devices.new_secret()
        self._device = self._new_device()

    def _new_device(self) -> FleetDevice:
        host, port, tls = self._door()
        return FleetDevice(Credential(self._who, self._secret), host=host, port=port, tls=tls)

    def set_up(self, session: Session, phone: Phone) -> None:
        """Register the device and where the telephone is."""
        now_ms = self._clock.now_ms()
        heartbeat.set_up(session, secret=self._secret, phone=phone, now_ms=now_ms, who=self._who)

    async def beat(self) -> Beat:
        """Call once, and return what became of it. Takes no longer than the limit of a stage, for each."""
        try:
            return await self._beat()
        except SQLAlchemyError as error:
            _logger.warning("the heartbeat found no database: %s", type(error).__name__)
            return Beat(self._clock.now_ms(), None, None, None, self._partition)

    async def _beat(self) -> Beat:
        await asyncio.to_thread(self._end_and_forget)
        at_ms = self._clock.now_ms()
        begun_s, rung_before = time.monotonic(), self._phone.came()
        if not await self._call(begun_s):
            return Beat(at_ms, None, None, None, self._partition)
        door_ms = _since_ms(begun_s)
        rang_ms = await self._rang(begun_s, rung_before)
        raised_ms = await asyncio.to_thread(self._raised_ms)
        alert_ms = None if raised_ms is None else max(raised_ms - at_ms, 0)
        return Beat(at_ms, door_ms, alert_ms, rang_ms, self._partition)

    async def _call(self, begun_s: float) -> bool:
        """Send it; tell whether the door has acknowledged it."""
        try:
            await self._connect(begun_s)
            await self._device.publish(_CALL, urgent=True)
            if await self._device.wait_acknowledged(self._limit_s):
                return True
        except DeviceError:
            pass
        await self._device.break_connection()
        self._device = self._new_device()
        return False

    async def _connect(self, begun_s: float) -> None:
        while not self._device.connected:
            try:
                await self._device.connect(self._limit_s)
            except DeviceError:  # a new secret is known at the door within a second
                if time.monotonic() - begun_s > self._limit_s:
                    raise
                await asyncio.sleep(1.0)

    async def _rang(self, begun_s: float, before: int) -> int | None:
        """Return after how long the telephone rang for the call of now, and not for one of before. [ms]."""
        looked = before
        while time.monotonic() - begun_s < self._limit_s:
            if self._phone.came() != looked:
                looked = self._phone.came()
                if await asyncio.to_thread(self._is_of_now):
                    return _since_ms(begun_s)
            await asyncio.sleep(_POLL_S)
        return None

    def _is_of_now(self) -> bool:
        with reading(self._sessions)() as session:
            now = session.scalar(select(Alert.id).where(Alert.resident_id == self._who, Alert.is_open))
        return any(taken.key.partition(":")[0] == now for taken in self._phone.taken())

    def _raised_ms(self) -> int | None:
        of_now = (Alert.resident_id == self._who, Alert.kind == KIND, Alert.is_open)
        with reading(self._sessions)() as session:
            return session.scalar(select(Alert.raised_at_ms).where(*of_now))

    def _end_and_forget(self) -> None:
        with self._sessions.begin() as session:
            end_and_forget(session, self._clock.now_ms(), self._who)

    async def stop(self) -> None:
        """Hang up; the device may not connect until the next start."""
        await self._device.close()
        with self._sessions.begin() as session:
            device = session.get(Device, self._who)
            if device is not None and device.secret_sha256 == devices.secret_digest(self._secret):
                devices.update_device(session, self._who, {"enabled": False})  # else another watcher calls by now


def _since_ms(begun_s: float) -> int:
    return round((time.monotonic() - begun_s) * 1_000)
