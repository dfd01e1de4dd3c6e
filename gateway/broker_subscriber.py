"""Reads what devices publish to a broker that is already there, and acknowledges it after the LOG.

The promise is smaller than the front door's: from the broker onward. The broker has acknowledged the device before we
see the message, and it decides what a crash of its own costs. What we have not kept, it gives again.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import NamedTuple

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from gateway.broker_commands import BrokerCommands
from gateway.broker_routes import BrokerRoutes
from gateway.broker_settings import BrokerSettings
from gateway.codec import Frame
from gateway.contract.clock import Clock
from gateway.device_cache import DeviceCache
from gateway.directory import CommandQueue, Directory
from gateway.intake import Intake
from gateway.mqtt.topic_rules import may_publish

__all__ = ["BrokerCounters", "BrokerSettings", "BrokerSubscriber"]

_logger = logging.getLogger(__name__)
_EXPIRES_S = 7 * 86_400
_THREADS = 2


@dataclass(slots=True)
class BrokerCounters:
    """Counts since the start."""

    connected: int = 0
    subscribed: int = 0
    received: int = 0
    acknowledged: int = 0
    unknown_devices: int = 0
    log_failures: int = 0
    commands_delivered: int = 0


class _Arrived(NamedTuple):
    message: paho.MQTTMessage
    generation: int


class BrokerSubscriber:
    """An MQTT 5 client with a persistent session that acknowledges a message when the LOG has it on disk.

    paho-mqtt runs in a thread of its own; messages cross to the event loop together, in the order received.

    Parameters
    ----------
    intake : Intake
        Decodes and keeps what comes.
    directory : Directory
        Registered devices. Messages of others are kept undecoded, with the reason.
    commands : CommandQueue
        What waits for devices heard through this broker; delivered means here: the broker has it.
    """

    def __init__(
        self, *, intake: Intake, directory: Directory, commands: CommandQueue, clock: Clock, settings: BrokerSettings
    ) -> None:
        self._intake = intake
        self._clock = clock
        self._settings = settings
        self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="broker-lookup")
        self._devices = DeviceCache(directory, self._executor)
        self._routes = BrokerRoutes(intake.codecs, settings.bindings)
        self._counters = BrokerCounters()
        self._client = self._made_client()
        self._commands = BrokerCommands(
            queue=commands, clock=clock, client=self._client, executor=self._executor, codecs=intake.codecs
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._arrived: asyncio.Queue[list[_Arrived]] = asyncio.Queue()
        self._inbox: list[_Arrived] = []
        self._inbox_lock = threading.Lock()
        # An identifier means another message after a reconnect: acknowledgements of the old connection must not go out.
        self._generation = 0
        self._generation_lock = threading.Lock()

    async def start(self) -> None:
        """Begin to connect; goes on trying with growing pauses until `close`."""
        self._loop = asyncio.get_running_loop()
        await self._devices.start()
        for work in (self._handle_for_ever(), self._refresh_for_ever(), self._carry_for_ever()):
            task = self._loop.create_task(work, name="broker")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self._client.loop_start()

    async def close(self) -> None:
        """Finish what is on its way to the LOG, acknowledge it and disconnect; the broker keeps the session."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._intake.aclose()
        await asyncio.to_thread(self._stop_client)
        self._executor.shutdown(wait=False, cancel_futures=True)

    def health(self) -> dict[str, int]:
        """Return counts since the start, and whether the broker is connected (1 or 0), by name."""
        return asdict(self._counters) | {"connected_now": int(self._client.is_connected())}

    def _made_client(self) -> paho.Client:
        settings = self._settings
        client = paho.Client(CallbackAPIVersion.VERSION2, settings.client_id, protocol=paho.MQTTv5, manual_ack=True)
        if settings.user_name:
            client.username_pw_set(settings.user_name, settings.password or None)
        if settings.tls is not None:
            client.tls_set_context(settings.tls)
        client.reconnect_delay_set(settings.min_delay_s, settings.max_delay_s)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.ReceiveMaximum = settings.receive_maximum
        properties.SessionExpiryInterval = _EXPIRES_S
        client.connect_async(
            settings.host, settings.port, settings.keep_alive_s, clean_start=False, properties=properties
        )
        return client

    def _stop_client(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(
        self, client: paho.Client, _user: object, _flags: object, reason: ReasonCode, _properties: object
    ) -> None:
        with self._generation_lock:
            self._generation += 1
        if reason.is_failure:
            _logger.error("the broker %s:%d refused us: %s", self._settings.host, self._settings.port, reason)
            return
        self._counters.connected += 1
        prefix = f"$share/{self._settings.share}/" if self._settings.share else ""
        client.subscribe([(prefix + f, SubscribeOptions(qos=1)) for f in self._routes.filters])

    def _on_subscribe(
        self, _client: paho.Client, _user: object, _mid: int, reasons: list[ReasonCode], _properties: object
    ) -> None:
        refused = [f for f, reason in zip(self._routes.filters, reasons, strict=True) if reason.is_failure]
        if refused:
            _logger.error("the broker does not let us read %s", ", ".join(refused))
        self._counters.subscribed += len(reasons) - len(refused)

    def _on_message(self, _client: paho.Client, _user: object, message: paho.MQTTMessage) -> None:
        with self._inbox_lock:
            self._inbox.append(_Arrived(message, self._generation))
            first = len(self._inbox) == 1
        if first and self._loop is not None:
            self._loop.call_soon_threadsafe(self._take_inbox)

    def _take_inbox(self) -> None:
        with self._inbox_lock:
            batch, self._inbox = self._inbox, []
        self._arrived.put_nowait(batch)

    async def _handle_for_ever(self) -> None:
        while True:
            for arrived in await self._arrived.get():
                try:
                    await self._handle(arrived)
                except Exception:
                    _logger.exception("the directory did not answer; the broker will give the message again")
                    self._counters.log_failures += 1
                    self._ask_again(arrived)

    async def _handle(self, arrived: _Arrived) -> None:
        message = arrived.message
        self._counters.received += 1
        device_id, bound = self._routes.sender(message.topic)
        frame = Frame(
            topic=message.topic,
            payload=bytes(message.payload),
            device_id=device_id,
            received_at_ms=self._clock.now_ms(),
            retained=message.retain,
        )
        device = await self._devices.find(device_id) if device_id else None
        if device is None or not device.enabled:
            self._counters.unknown_devices += 1
            reason = f"device_id: got {device_id!r}, expected a registered device for topic {message.topic}"
            self._intake.keep_undecoded(frame, reason, self._kept, arrived)
        elif not bound and not may_publish(self._intake.codecs.get(device.codec), device, message.topic):
            reason = f"topic: got {message.topic!r}, expected one of device {device_id}'s family {device.codec}"
            self._intake.keep_undecoded(frame, reason, self._kept, arrived)
        else:
            self._commands.heard(device)
            self._intake.offer(frame, device, self._kept, arrived)

    def _kept(self, arrived: _Arrived, error: Exception | None) -> None:
        if error is not None:
            self._counters.log_failures += 1
            self._ask_again(arrived)
            return
        with self._generation_lock:
            if arrived.generation == self._generation and arrived.message.qos:
                self._client.ack(arrived.message.mid, arrived.message.qos)
        self._counters.acknowledged += 1

    def _ask_again(self, arrived: _Arrived) -> None:
        """Drop the connection: a broker gives unacknowledged messages again only to a new one."""
        with self._generation_lock:
            connection = self._client.socket() if arrived.generation == self._generation else None
            self._generation += connection is not None
        if isinstance(connection, socket.socket):
            with suppress(OSError):  # it is gone already
                connection.shutdown(socket.SHUT_RDWR)

    async def _refresh_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._settings.directory_poll_s)
            try:
                await self._devices.refresh()
            except Exception:
                _logger.exception("the directory did not say what changed; devices known so far stay")

    async def _carry_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._settings.command_poll_s)
            try:
                self._counters.commands_delivered += await self._commands.round()
            except Exception:
                _logger.exception("the command queue did not answer; commands wait")
