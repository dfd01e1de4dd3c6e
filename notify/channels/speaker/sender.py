"""Speaker: a command to a device, delivered by the front door; the device's acknowledgement is the receipt.

Each attempt is a command of its own, withdrawn when the device does not take it in time: one that comes back after the
alarm asks once, not as often as it was tried. After a minute there is nobody to ask, and the message fails for good.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple, Self

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.clock import SECOND_MS, Clock
from anhu.contract.identity import new_id
from anhu.contract.words import text
from anhu.registry.tables import Device, DeviceCommand
from notify.channel import Channel, Delivery, Message, PermanentError, Recipient, RetryableError
from notify.channels.speaker import SpeakerSettings, device_of

COMMAND = "ask_ok"
_LASTS_MS = 60 * SECOND_MS
_LISTENS_S = 30.0
_POLL_S = 0.1
_AGAIN_S = 5.0
_LONGEST_ARGUMENT = 256


class _Asked(NamedTuple):
    """A command that was written, or the news that an earlier one was heard after all."""

    command_id: str
    is_heard: bool


class Speaker(Channel):
    """Asks devices.

    Parameters
    ----------
    clock : Clock
        When a command expires.

    Attributes
    ----------
    wait_s : float
        For how long an attempt waits for the device; the front door looks twice a second. [s]
    """

    def __init__(self, clock: Clock) -> None:
        self.wait_s = 4.0
        self._clock = clock
        self._sessions: sessionmaker[Session] | None = None

    @classmethod
    def from_settings(cls, settings: SpeakerSettings, clock: Clock) -> Self:  # noqa: ARG003 - there is nothing to set
        """Make it."""
        return cls(clock)

    def use(self, sessions: sessionmaker[Session]) -> None:
        """Take the database in which commands wait for devices."""
        self._sessions = sessions

    async def send(self, message: Message, to: Recipient) -> Delivery:
        """Ask once, and wait a little for the device."""
        device_id = device_of(to.address)
        if not device_id:
            raise PermanentError("no usable device")
        if self._sessions is None:
            raise RetryableError("there is no database")
        try:
            return await self._asked(self._sessions, message, device_id)
        except SQLAlchemyError as error:
            raise RetryableError(f"database: {type(error).__name__}") from None

    async def _asked(self, sessions: sessionmaker[Session], message: Message, device_id: str) -> Delivery:
        asked = await asyncio.to_thread(self._ask, sessions, message, device_id)
        heard = Delivery(state="delivered", provider_id=asked.command_id, detail="the device took it")
        if asked.is_heard:
            return heard
        try:
            for _ in range(max(1, round(self.wait_s / _POLL_S))):
                await asyncio.sleep(_POLL_S)
                if await asyncio.to_thread(_is_delivered, sessions, asked.command_id):
                    return heard
        finally:
            await asyncio.shield(asyncio.to_thread(self._withdraw, sessions, asked.command_id))
        raise RetryableError("the device has not taken it yet", after_s=_AGAIN_S)

    def _ask(self, sessions: sessionmaker[Session], message: Message, device_id: str) -> _Asked:
        """Write a command, unless the device is not this resident's any more or the time is over."""
        now_ms, about = self._clock.now_ms(), message.idempotency_key
        with sessions.begin() as session:
            device = session.get(Device, device_id)
            if device is None or not device.enabled:
                raise PermanentError("there is no such device any more")
            resident = message.data.get("resident_id")
            if resident and device.resident_id != resident:
                raise PermanentError("the device is somebody else's now")
            mine = DeviceCommand.arguments["about"].as_string() == about
            asked = select(DeviceCommand).where(DeviceCommand.device_id == device_id, mine)
            earlier = session.scalars(asked.order_by(DeviceCommand.created_at_ms, DeviceCommand.id)).all()
            late = [
                one for one in earlier if one.delivered_at_ms is not None and one.delivered_at_ms >= one.expires_at_ms
            ]
            if late:
                return _Asked(late[-1].id, is_heard=True)
            if earlier and now_ms - earlier[0].created_at_ms >= _LASTS_MS:
                raise PermanentError("the device has not taken it within a minute: it is off or out of reach")
            row = DeviceCommand(
                id=new_id("k"),
                device_id=device_id,
                name=COMMAND,
                arguments={"seconds": _LISTENS_S, "text": _said(message), "about": about},
                created_at_ms=now_ms,
                expires_at_ms=now_ms + _LASTS_MS,
            )
            session.add(row)
            return _Asked(row.id, is_heard=False)

    def _withdraw(self, sessions: sessionmaker[Session], command_id: str) -> None:
        """Ask no more, unless it was heard."""
        with sessions.begin() as session:
            row = session.get(DeviceCommand, command_id, with_for_update=True)
            if row is not None and row.delivered_at_ms is None:
                row.expires_at_ms = self._clock.now_ms()


def _is_delivered(sessions: sessionmaker[Session], command_id: str) -> bool:
    with sessions() as session:
        return session.scalar(select(DeviceCommand.delivered_at_ms).where(DeviceCommand.id == command_id)) is not None


def _said(message: Message) -> str:
    """Return what is said to the resident: of an alarm what was understood, and that somebody is told."""
    title = str(message.data.get("title", ""))
    kind = "speaker.drill" if message.data.get("drill") else "speaker.alarm"
    said = text(kind, message.language, title=title) if title else message.subject
    return said[:_LONGEST_ARGUMENT]
