"""One connection to a broker that is already there: messages in, acknowledgements out together.

A subscriber on paho-mqtt took 194 µs a message beside everything else, most of it for reading byte by byte and for two
threads; this one shares the front door's packet reader and needs none. Commands still go out through paho-mqtt.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Protocol, cast

from gateway.doors.broker.settings import BrokerSettings
from gateway.mqtt import packets, reader, writer
from gateway.mqtt.cursor import Cursor, encoded_bytes
from gateway.mqtt.packet_splitter import PacketSplitter
from gateway.mqtt.packets import OVERHEAD_BYTES, V5, Publish
from gateway.mqtt.properties import Property, encoded_properties, read_properties
from gateway.mqtt.reason import FAILURES, MqttError

_logger = logging.getLogger(__name__)
_EXPIRES_S = 7 * 86_400
_MAX_PACKET_BYTES = 15 * 1_048_576  # the LOG takes records of 16 MiB
_SUBSCRIBE_ID = 1
_SILENCE = 1.5
_ALL = frozenset(Property)
_PINGREQ = bytes((packets.PINGREQ << 4, 0))
_DISCONNECT = bytes((packets.DISCONNECT << 4, 0))


class LinkListener(Protocol):
    """Who is told what a broker says."""

    def connected(self) -> None:
        """Take that the broker let us in."""
        ...

    def subscribed(self, filters: Sequence[str], reasons: Sequence[int]) -> None:
        """Take the broker's answer, one reason a filter."""
        ...

    def arrived(self, link: BrokerLink, publishes: Sequence[Publish]) -> None:
        """Take messages, in the broker's order; each is to be acknowledged on this link."""
        ...


class BrokerLink(asyncio.Protocol):
    """One connection with a session that outlives it; a new one is made for the next try.

    What is on its way to the LOG is bounded here: after a reconnection a broker may send all that waited, whatever
    receive maximum we named (Mosquitto 2.0.11 does).

    Attributes
    ----------
    ended : asyncio.Future
        Done when the connection is gone.
    is_open : bool
        Whether the broker has let us in and is still there.
    """

    def __init__(self, settings: BrokerSettings, filters: Sequence[str], listener: LinkListener) -> None:
        self._settings, self._filters, self._listener = settings, filters, listener
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._splitter = PacketSplitter()
        self._acknowledged: list[int] = []
        self._heard_s = 0.0
        self._beat: asyncio.TimerHandle | None = None
        self._keep_alive_s = settings.keep_alive_s
        self._unacked_bytes = 0
        self._paused = False
        self.ended: asyncio.Future[None] = self._loop.create_future()
        self.is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask to be let in."""
        self._transport = cast("asyncio.Transport", transport)
        self._heard_s = self._loop.time()
        self._transport.write(_connect(self._settings))
        self._keep_alive()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - however it ended
        """End; what was not acknowledged comes again on the next connection, under other identifiers."""
        self._transport, self.is_open = None, False
        if self._beat is not None:
            self._beat.cancel()
        if not self.ended.done():
            self.ended.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        self._heard_s = self._loop.time()
        arrived: list[Publish] = []
        unacked_bytes = 0
        try:
            self._splitter.push(data)
            while (packet := self._splitter.next(_MAX_PACKET_BYTES)) is not None:
                if packet[0] >> 4 == packets.PUBLISH:
                    publish = reader.read_publish(*packet, V5)
                    unacked_bytes += len(publish.payload) + OVERHEAD_BYTES
                    arrived.append(publish)
                else:
                    self._happened(packet[0] >> 4, packet[1])
        except MqttError as error:
            _logger.error("the broker sent what is no MQTT: %s", error)  # noqa: TRY400 - its text says all
            self.abort()
        if arrived:
            self._unacked_bytes += unacked_bytes
            if self._unacked_bytes > self._settings.max_unacked_bytes and not self._paused:
                self._pause()
            self._listener.arrived(self, arrived)

    def acknowledge(self, publish: Publish) -> None:
        """Answer a message of this connection; all answers of one turn of the loop leave together."""
        self._unacked_bytes -= len(publish.payload) + OVERHEAD_BYTES
        if self._paused and self._unacked_bytes * 2 <= self._settings.max_unacked_bytes:
            self._read_on()
        if not publish.qos:
            return
        if not self._acknowledged:
            self._loop.call_soon(self._flush)
        self._acknowledged.append(publish.packet_id)

    def disconnect(self) -> None:
        """Say goodbye; the broker keeps the session."""
        if self._transport is not None:
            self._flush()
            self._transport.write(_DISCONNECT)
            self._transport.close()

    def abort(self) -> None:
        """Drop the connection: a broker gives unacknowledged messages again only to a new one."""
        if self._transport is not None:
            self._transport.abort()

    def _pause(self) -> None:
        self._paused = True
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def _read_on(self) -> None:
        self._paused = False
        self._heard_s = self._loop.time()
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def _flush(self) -> None:
        answers, self._acknowledged = self._acknowledged, []
        if answers and self._transport is not None:
            self._transport.write(writer.pubacks(answers))

    def _happened(self, kind: int, body: bytes) -> None:
        if kind == packets.CONNACK:
            self._let_in(Cursor(body))
        elif kind == packets.SUBACK:
            cursor = Cursor(body)
            cursor.two_bytes()
            read_properties(cursor, _ALL)
            self._listener.subscribed(self._filters, tuple(cursor.rest()))
        elif kind == packets.DISCONNECT:
            _logger.warning("the broker ends the connection: reason %#04x", body[0] if body else 0)

    def _let_in(self, answer: Cursor) -> None:
        answer.byte()
        reason = answer.byte()
        found = read_properties(answer, _ALL)
        if reason >= FAILURES:
            place = f"{self._settings.host}:{self._settings.port}"
            _logger.error("the broker %s refused us: reason %#04x", place, reason)
            self.abort()
            return
        self._keep_alive_s = reader.integer(found, Property.SERVER_KEEP_ALIVE, self._keep_alive_s)
        self.is_open = True
        self._listener.connected()
        if self._transport is not None:
            self._transport.write(_subscribe(self._filters))

    def _keep_alive(self) -> None:
        """Ask for a sign of life twice in the time that is allowed, and give up a broker that gives none."""
        if self._transport is None:
            return
        if not self._paused and self._loop.time() - self._heard_s > _SILENCE * self._keep_alive_s:
            _logger.warning("the broker has said nothing for %.0f s", self._loop.time() - self._heard_s)
            self.abort()
            return
        if self.is_open:
            self._transport.write(_PINGREQ)
        self._beat = self._loop.call_later(self._keep_alive_s / 2, self._keep_alive)


def _connect(settings: BrokerSettings) -> bytes:
    """Write CONNECT (§3.1) for a session that goes on."""
    found = {
        Property.SESSION_EXPIRY: _EXPIRES_S,
        Property.RECEIVE_MAXIMUM: settings.receive_maximum,
        Property.MAXIMUM_PACKET_SIZE: _MAX_PACKET_BYTES,
    }
    flags = bool(settings.user_name) << 7 | bool(settings.user_name and settings.password) << 6
    body = encoded_bytes(b"MQTT") + bytes((V5, flags)) + settings.keep_alive_s.to_bytes(2, "big")
    body += encoded_properties(found) + encoded_bytes(settings.client_id.encode())
    if settings.user_name:
        body += encoded_bytes(settings.user_name.encode())
        body += encoded_bytes(settings.password.encode()) if settings.password else b""
    return writer.packet(packets.CONNECT, body)


def _subscribe(filters: Sequence[str]) -> bytes:
    """Write SUBSCRIBE (§3.8) at QoS 1."""
    wanted = b"".join(encoded_bytes(f.encode()) + b"\x01" for f in filters)
    return writer.packet(packets.SUBSCRIBE, _SUBSCRIBE_ID.to_bytes(2, "big") + b"\0" + wanted, 2)
