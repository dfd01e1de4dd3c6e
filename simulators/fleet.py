"""Many devices in one process: an asyncio publisher of our own, one connection a device.

Why not paho-mqtt here: it takes a thread a device and about 90 µs a message, so that a thousand devices would measure
the simulator and not the platform. This one does what a publishing device must do, and nothing else: connect with a
session that is kept, publish with QoS 1 within a window, answer for nothing it was not promised, resend after a break.
For a few devices `simulators.device` is the better stand-in, because it is what a vendor would write.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress

from anhu.contract import topics
from simulators import mqtt_packets as packets
from simulators.credential import Credential
from simulators.device import DeviceError

KEEP_ALIVE_S = 60
_MAX_PACKET_ID = 65_535
_READ_BYTES = 65_536


class InFlight:
    """Messages that were sent and not answered: a window of them, each under a packet identifier of its own.

    Parameters
    ----------
    window : int
        How many there may be.
    """

    def __init__(self, window: int) -> None:
        self._slots = asyncio.Semaphore(window)
        self._waiting: dict[int, tuple[bytes, float, str]] = {}
        self._all_answered = asyncio.Event()
        self._all_answered.set()
        self._next_id = 1

    def __len__(self) -> int:
        return len(self._waiting)

    async def take(self, payload: bytes, topic: str) -> int:
        """Return the identifier of a new message; waits while the window is full."""
        await self._slots.acquire()
        packet_id = self._free_id()
        self._waiting[packet_id] = (payload, time.monotonic(), topic)
        self._all_answered.clear()
        return packet_id

    def _free_id(self) -> int:
        while self._next_id in self._waiting:
            self._next_id = self._next_id % _MAX_PACKET_ID + 1
        found = self._next_id
        self._next_id = found % _MAX_PACKET_ID + 1
        return found

    def answered(self, packet_id: int) -> tuple[bytes, float] | None:
        """Take an answer; return the message and how long it took, None for one that nobody waits for. [s]."""
        known = self._waiting.pop(packet_id, None)
        if known is None:
            return None
        self._slots.release()
        if not self._waiting:
            self._all_answered.set()
        payload, sent_s, _ = known
        return payload, time.monotonic() - sent_s

    def oldest_s(self) -> float | None:
        """When the oldest was sent, by the monotonic clock; None when nothing waits. [s]."""
        return next((sent_s for _, sent_s, _ in self._waiting.values()), None)

    def again(self) -> Iterator[bytes]:
        """Yield the packets to send after a break."""
        for packet_id, (payload, _, topic) in self._waiting.items():
            yield packets.publish(topic, payload, packet_id, again=True)

    async def wait_empty(self, timeout_s: float) -> bool:
        """Wait until everything is answered. False when the time ran out. [s]."""
        try:
            await asyncio.wait_for(self._all_answered.wait(), timeout_s)
        except TimeoutError:
            return False
        return True


class FleetDevice:
    """One device of a fleet.

    Parameters
    ----------
    credential : Credential
        Client identifier, user name and password.
    host, port : str, int
        The front door, or a broker.
    tls : ssl.SSLContext, optional
        Encrypts the connection.
    window : int
        How many messages may be unanswered; `publish` waits when they are.
    remember : bool
        Keep every acknowledged payload, in the order of the answers.

    Attributes
    ----------
    acknowledged_count : int
        Messages the server has promised to keep.
    latencies_s : list of float
        Time from sending to the answer, for the last messages since somebody emptied the list. [s]
    """

    def __init__(
        self,
        credential: Credential,
        *,
        host: str,
        port: int,
        tls: ssl.SSLContext | None = None,
        window: int = 20,
        remember: bool = False,
    ) -> None:
        self.device_id = credential.device_id
        self.acknowledged: list[bytes] = []
        self.acknowledged_count = 0
        self.latencies_s: list[float] = []
        self._credential = credential
        self._host, self._port, self._tls = host, port, tls
        self._topics = tuple(topics.for_device(t, credential.device_id) for t in (topics.UP, topics.URGENT))
        self._remember = remember
        self._in_flight = InFlight(window)
        self._writer: asyncio.StreamWriter | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def connect(self, timeout_s: float = 30.0) -> None:
        """Connect, and send again what was not answered before. Raises `DeviceError`."""
        try:
            async with asyncio.timeout(timeout_s):
                reader, writer = await self._greeted()
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            raise DeviceError(f"{self.device_id}: {self._host}:{self._port}: {error or 'no answer'}") from None
        self._writer = writer
        writer.writelines(self._in_flight.again())
        self._tasks = [asyncio.create_task(self._read(reader)), asyncio.create_task(self._keep_alive())]

    async def _greeted(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await self._opened()
        accepted = False
        try:
            who = self._credential
            writer.write(packets.connect(who.device_id, who.device_id, who.secret, KEEP_ALIVE_S))
            head = await reader.readexactly(4)
            accepted = head[0] >> 4 == packets.CONNACK and head[3] == 0
        finally:
            if not accepted:
                writer.transport.abort()
        if not accepted:
            raise DeviceError(f"{self.device_id}: refused with code {head[3]}")
        return reader, writer

    async def _opened(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self._host, self._port, ssl=self._tls)

    @property
    def connected(self) -> bool:
        """Whether the connection stands."""
        return self._writer is not None

    @property
    def unacknowledged(self) -> int:
        """Messages sent that the server has not answered yet."""
        return len(self._in_flight)

    async def publish(self, payload: bytes, *, urgent: bool = False) -> None:
        """Send a message; waits while the window is full. Messages published while broken go out on `connect`."""
        topic = self._topics[urgent]
        packet_id = await self._in_flight.take(payload, topic)
        if self._writer is not None:
            self._writer.write(packets.publish(topic, payload, packet_id))

    async def wait_acknowledged(self, timeout_s: float = 30.0) -> bool:
        """Wait until the server has answered everything. False when the time ran out. [s]."""
        return await self._in_flight.wait_empty(timeout_s)

    async def break_connection(self) -> None:
        """Cut the connection without a word."""
        writer, self._writer = self._writer, None
        tasks, self._tasks = self._tasks, []
        if writer is not None:
            writer.transport.abort()
        others = [task for task in tasks if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        if others:
            await asyncio.wait(others)

    async def vanish(self) -> None:
        """End without a word, as when the battery dies."""
        await self.break_connection()

    async def close(self) -> None:
        """Say good-bye and end."""
        if self._writer is not None:
            self._writer.write(packets.DISCONNECT)
            with suppress(OSError):
                await self._writer.drain()
        await self.break_connection()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        buffer = bytearray()
        with suppress(OSError):
            while data := await reader.read(_READ_BYTES):
                buffer += data
                for kind, body in packets.cut(buffer):
                    if kind == packets.PUBACK:
                        self._answered(int.from_bytes(body[:2], "big"))
        await self.break_connection()

    def _answered(self, packet_id: int) -> None:
        known = self._in_flight.answered(packet_id)
        if known is None:
            return
        payload, took_s = known
        self.acknowledged_count += 1
        self.latencies_s.append(took_s)
        if self._remember:
            self.acknowledged.append(payload)

    async def _keep_alive(self) -> None:
        while self._writer is not None:
            await asyncio.sleep(KEEP_ALIVE_S / 2)
            if self._writer is not None:
                self._writer.write(packets.PINGREQ)
