"""A device that speaks packets over TCP: each is sent again on the next connection until it is answered."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from sqlalchemy import update

from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.tables import Device
from simulators.device import DeviceError
from simulators.fleet import FleetDevice
from tests.faults.line_codec import fault_line as line

_AGAIN_S = 0.2


def speak_lines(database: str) -> None:
    """Make all devices of the family that speaks over TCP."""
    sessions = open_sessions(database)
    with sessions.begin() as session:
        session.execute(update(Device).values(codec=line.CODEC.name))
    close_sessions(sessions)


class LineDevice(FleetDevice):
    """As a `FleetDevice`, over the TCP door."""

    _owed: dict[int, bytes]

    async def connect(self, timeout_s: float = 30.0) -> None:
        """Connect, and send again what was not answered before. Raises `DeviceError`."""
        self._owed = getattr(self, "_owed", {})
        try:
            async with asyncio.timeout(timeout_s):
                reader, writer = await asyncio.open_connection(self._host, self._port)
                who = self._credential
                writer.write(line.packet(line.LOGIN, 0, f"{who.device_id}\0{who.secret}".encode()))
                answer = await reader.readexactly(line.ANSWER_HEAD.size)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            raise DeviceError(f"{self.device_id}: {error or 'no answer'}") from None
        if answer[-1]:
            writer.transport.abort()
            raise DeviceError(f"{self.device_id}: refused with {answer[-1]}")
        self._writer = writer
        for number, payload in self._owed.items():
            writer.write(line.packet(line.MESSAGE, number, payload))
        self._tasks = [asyncio.create_task(self._listen(reader))]

    async def publish(self, payload: bytes, *, urgent: bool = False) -> None:
        """Send a message; waits while too many are not answered."""
        self._owed = getattr(self, "_owed", {})
        number = await self._in_flight.take(payload, self._topics[urgent])
        self._owed[number] = payload
        if self._writer is not None:
            self._writer.write(line.packet(line.MESSAGE, number, payload))

    async def close(self) -> None:
        """End."""
        await self.break_connection()

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while True:
                answer = await reader.readexactly(line.ANSWER_HEAD.size)
                _, kind, number, said = line.ANSWER_HEAD.unpack(answer)
                if said:
                    break  # not kept: all of it again, on another connection
                if kind == line.MESSAGE and self._owed.pop(number, None) is not None:
                    self._answered(number)
        await self.break_connection()
