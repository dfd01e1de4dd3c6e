"""Reads what devices publish to a broker that is already there, and acknowledges it after the LOG.

The promise is smaller than the front door's: from the broker onward. The broker has acknowledged the device before we
see the message, and it decides what a crash of its own costs. What we have not kept, it gives again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import NamedTuple

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from gateway.broker_commands import BrokerCommands
from gateway.broker_link import BrokerLink
from gateway.broker_routes import BrokerRoutes
from gateway.broker_settings import BrokerSettings
from gateway.codec import Frame
from gateway.contract.clock import Clock
from gateway.device_cache import DeviceCache
from gateway.directory import CommandQueue, Device, Directory
from gateway.intake import Intake
from gateway.mqtt.packets import Publish
from gateway.mqtt.topic_rules import may_publish

__all__ = ["BrokerCounters", "BrokerSettings", "BrokerSubscriber"]

_logger = logging.getLogger(__name__)
_CONNECT_S = 10.0
_FAILURES = 0x80
_MOST_TOPICS = 500_000
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
    """A message, the connection to answer on, and whose it is by its topic."""

    publish: Publish
    link: BrokerLink
    device_id: str
    bound: bool


class BrokerSubscriber:
    """An MQTT 5 client with a persistent session that acknowledges a message when the LOG has it on disk.

    Messages are handled in the order received; while a device has to be looked up, those behind it wait.

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
        self._client = _commands_client(settings)
        self._commands = BrokerCommands(
            queue=commands, clock=clock, client=self._client, executor=self._executor, codecs=intake.codecs
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._link: BrokerLink | None = None
        self._inbox: list[_Arrived] = []
        self._looking_up = False
        self._allowed: dict[str, Device] = {}

    async def start(self) -> None:
        """Begin to connect; goes on trying with growing pauses until `close`."""
        await self._devices.start()
        for work in (self._connect_for_ever(), self._refresh_for_ever(), self._carry_for_ever()):
            self._spawn(work)
        self._client.loop_start()

    async def close(self) -> None:
        """Finish what is on its way to the LOG, acknowledge it and disconnect; the broker keeps the session."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._intake.aclose()
        if self._link is not None:
            self._link.disconnect()
        await asyncio.to_thread(self._stop_client)
        self._executor.shutdown(wait=False, cancel_futures=True)

    def health(self) -> dict[str, int]:
        """Return counts since the start, and whether the broker is connected (1 or 0), by name."""
        return asdict(self._counters) | {"connected_now": int(self._link is not None and self._link.is_open)}

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name="broker")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _stop_client(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    async def _connect_for_ever(self) -> None:
        settings, pause_s = self._settings, self._settings.min_delay_s
        prefix = f"$share/{settings.share}/" if settings.share else ""
        filters = [prefix + f for f in self._routes.filters]
        while True:
            link = BrokerLink(settings, filters, self)
            before = self._counters.connected
            try:
                async with asyncio.timeout(_CONNECT_S):
                    loop = asyncio.get_running_loop()
                    await loop.create_connection(lambda link=link: link, settings.host, settings.port, ssl=settings.tls)
                self._link = link
                await link.ended
            except OSError as error:  # a timeout is one of them
                _logger.warning("the broker %s:%d is not there: %s", settings.host, settings.port, error)
            if self._counters.connected > before:
                pause_s = settings.min_delay_s
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, settings.max_delay_s)

    def connected(self) -> None:
        """Take that the broker let us in."""
        self._counters.connected += 1

    def subscribed(self, reasons: Sequence[int]) -> None:
        """Take the broker's answer, one reason a filter."""
        refused = [f for f, reason in zip(self._routes.filters, reasons, strict=True) if reason >= _FAILURES]
        if refused:
            _logger.error("the broker does not let us read %s", ", ".join(refused))
        self._counters.subscribed += len(reasons) - len(refused)

    def arrived(self, link: BrokerLink, publishes: Sequence[Publish]) -> None:
        """Take messages: at once those of known devices, the others when they are looked up, all in their order."""
        batch = [_Arrived(publish, link, *self._routes.sender(publish.topic)) for publish in publishes]
        handled = 0
        if not self._looking_up:
            for one in batch:
                device = self._devices.known(one.device_id)
                if device is None and one.device_id:
                    break
                self._handle(one, device)
                handled += 1
        self._inbox += batch[handled:]
        if self._inbox and not self._looking_up:
            self._looking_up = True
            self._spawn(self._look_up())

    async def _look_up(self) -> None:
        try:
            while self._inbox:
                batch, self._inbox = self._inbox, []
                ids = list({one.device_id for one in batch if one.device_id})
                try:
                    devices = dict(zip(ids, await asyncio.gather(*map(self._devices.find, ids)), strict=True))
                except Exception:
                    _logger.exception("the directory did not answer; the broker will give the messages again")
                    for one in batch:
                        self._counters.log_failures += 1
                        one.link.abort()
                    continue
                for one in batch:
                    self._handle(one, devices.get(one.device_id))
        finally:
            self._looking_up = False

    def _handle(self, arrived: _Arrived, device: Device | None) -> None:
        publish, device_id = arrived.publish, arrived.device_id
        self._counters.received += 1
        frame = Frame(
            topic=publish.topic,
            payload=publish.payload,
            device_id=device_id,
            received_at_ms=self._clock.now_ms(),
            retained=publish.retain,
        )
        if device is None or not device.enabled:
            self._counters.unknown_devices += 1
            reason = f"device_id: got {device_id!r}, expected a registered device for topic {publish.topic}"
            self._intake.keep_undecoded(frame, reason, self._kept, arrived)
        elif not arrived.bound and not self._may_publish(device, publish.topic):
            reason = f"topic: got {publish.topic!r}, expected one of device {device_id}'s family {device.codec}"
            self._intake.keep_undecoded(frame, reason, self._kept, arrived)
        else:
            self._commands.heard(device)
            self._intake.offer(frame, device, self._kept, arrived)

    def _may_publish(self, device: Device, topic: str) -> bool:
        if self._allowed.get(topic) is device:  # the same registration as the last time
            return True
        allowed = may_publish(self._intake.codecs.get(device.codec), device, topic)
        if allowed:
            if len(self._allowed) >= _MOST_TOPICS:
                self._allowed.clear()
            self._allowed[topic] = device
        return allowed

    def _kept(self, arrived: _Arrived, error: Exception | None) -> None:
        if error is not None:
            self._counters.log_failures += 1
            arrived.link.abort()
            return
        arrived.link.acknowledge(arrived.publish)
        self._counters.acknowledged += 1

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


def _commands_client(settings: BrokerSettings) -> paho.Client:
    """Return the client that publishes commands, on a connection of its own."""
    client = paho.Client(CallbackAPIVersion.VERSION2, f"{settings.client_id}-commands", protocol=paho.MQTTv5)
    if settings.user_name:
        client.username_pw_set(settings.user_name, settings.password or None)
    if settings.tls is not None:
        client.tls_set_context(settings.tls)
    client.reconnect_delay_set(settings.min_delay_s, settings.max_delay_s)
    client.connect_async(settings.host, settings.port, settings.keep_alive_s)
    return client
