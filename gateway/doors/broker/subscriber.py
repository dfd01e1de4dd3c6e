"""Reads what devices publish to a broker that is already there, and acknowledges it after the LOG.

The promise is smaller than the front door's: from the broker onward. The broker has acknowledged the device before we
see the message, and it decides what a crash of its own costs. What we have not kept, it gives again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from anhu.contract.clock import Clock
from gateway.codec import Frame
from gateway.directory import CommandQueue, DeviceEntry, Directory
from gateway.door_specs import DoorKind
from gateway.doors.broker.commands import BrokerCommands
from gateway.doors.broker.counters import BrokerCounters
from gateway.doors.broker.device_access import BrokerAccess
from gateway.doors.broker.following import Following
from gateway.doors.broker.lane import Arrived, BrokerLane
from gateway.doors.broker.routes import BrokerRoutes
from gateway.doors.broker.settings import BrokerSettings
from gateway.doors.command_book import CommandBook
from gateway.doors.device_cache import DeviceCache
from gateway.doors.topic_rules import may_publish
from gateway.intake import Intake
from gateway.quarantine import Quarantine, QuarantineRefusedError
from gateway.stranger import Stranger

_logger = logging.getLogger(__name__)
_MOST_TOPICS = 500_000
_THREADS = 2


class BrokerSubscriber:
    """An MQTT 5 client with a persistent session that acknowledges a message when the LOG has it on disk.

    Messages are handled in the order received; while a device has to be looked up, those behind it wait. Calls for help
    on a topic of their own come over a second session, and wait behind none of the others.

    Parameters
    ----------
    intake : Intake
        Decodes and keeps what comes.
    directory : Directory
        Registered devices.
    quarantine : Quarantine
        Takes what others say.
    commands : CommandQueue
        What waits for devices heard through this broker; delivered means here: the broker has it.
    """

    def __init__(
        self,
        *,
        intake: Intake,
        directory: Directory,
        quarantine: Quarantine,
        commands: CommandQueue,
        clock: Clock,
        settings: BrokerSettings,
    ) -> None:
        self._intake, self._quarantine = intake, quarantine
        self._clock = clock
        self._settings = settings
        self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="broker-lookup")
        self._devices = DeviceCache(directory, self._executor)
        self._routes = BrokerRoutes(intake.codecs, settings.bindings)
        self._counters = BrokerCounters()
        self._client = _commands_client(settings)
        self._book = CommandBook(commands, self._executor, clock)
        self._commands = BrokerCommands(book=self._book, clock=clock, client=self._client, codecs=intake.codecs)
        access = BrokerAccess(self._client, self._counters, settings.user_name) if settings.shuts_out else None
        self._following = Following(self._devices, directory, self._executor, access)
        self._tasks: list[asyncio.Task[None]] = []
        self._lanes = tuple(self._lanes_for(settings))
        self._allowed: dict[str, DeviceEntry] = {}

    async def start(self) -> None:
        """Begin to connect; goes on trying with growing pauses until `close`."""
        await self._devices.start()
        following = self._following.run(self._settings.directory_poll_s)
        for work in (*(lane.run() for lane in self._lanes), following, self._carry_for_ever()):
            self._tasks.append(asyncio.get_running_loop().create_task(work, name="broker"))
        self._client.loop_start()

    async def close(self) -> None:
        """Finish what is on its way to the LOG, acknowledge it and disconnect; the broker keeps the session."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(lane.stop_looking_up() for lane in self._lanes))
        await self._intake.aclose()
        for lane in self._lanes:
            lane.disconnect()
        await asyncio.to_thread(self._stop_client)
        self._executor.shutdown(wait=False, cancel_futures=True)

    def health(self) -> dict[str, int]:
        """Return counts since the start, and whether the broker is connected (1 or 0), by name."""
        now = {"connected_now": int(all(lane.is_open for lane in self._lanes))}
        return asdict(self._counters) | self._book.counters | now

    def _lanes_for(self, settings: BrokerSettings) -> Iterator[BrokerLane]:
        """Yield the lane of the calls for help first: it has least to wait for."""
        urgent = replace(settings, client_id=f"{settings.client_id}-urgent")
        for own, filters in ((urgent, self._routes.urgent), (settings, self._routes.filters)):
            if filters:
                yield BrokerLane(
                    own,
                    filters,
                    routes=self._routes,
                    devices=self._devices,
                    counters=self._counters,
                    clock=self._clock,
                    handle=self._handle,
                )

    def _stop_client(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _handle(self, arrived: Arrived, device: DeviceEntry | None) -> None:
        publish, device_id, frame = arrived.publish, arrived.device_id, _frame(arrived)
        if device is None:
            self._counters.unknown_devices += 1
            stranger = Stranger(said=device_id or publish.topic, codec=self._routes.family(publish.topic))
            self._quarantine.take(frame, stranger, self._kept, arrived)
        elif not device.enabled:
            self._counters.unknown_devices += 1
            self._quarantine.shut_out.take(frame, device, self._kept, arrived)
        elif not self._may_publish(device, publish.topic, bound=arrived.bound):
            reason = f"topic: got {publish.topic!r}, expected one of device {device_id}'s family {device.codec}"
            self._intake.keep_undecoded(frame, reason, self._kept, arrived)
        else:
            self._intake.offer(frame, device, self._kept, arrived)

    def _may_publish(self, device: DeviceEntry, topic: str, *, bound: bool) -> bool:
        """Tell whether a device may speak on a topic, and remember it for as long as its registration holds."""
        if self._allowed.get(topic) is device:
            return True
        allowed = bound or may_publish(self._intake.codecs.get(device.codec), device, topic)
        if allowed:
            self._commands.heard(device, topic)
            if len(self._allowed) >= _MOST_TOPICS:
                self._allowed.clear()
            self._allowed[topic] = device
        return allowed

    def _kept(self, arrived: Arrived, error: Exception | None) -> None:
        """Answer for a message; a stranger's for which there is no room must not come again for ever."""
        if error is not None and not isinstance(error, QuarantineRefusedError):
            self._counters.log_failures += 1
            arrived.link.abort()
            return
        arrived.link.acknowledge(arrived.publish)
        self._counters.acknowledged += 1

    async def _carry_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._settings.command_poll_s)
            try:
                await self._commands.round()
            except Exception:
                _logger.exception("the command queue did not answer; commands wait")


def _frame(arrived: Arrived) -> Frame:
    publish = arrived.publish
    return Frame(
        door=DoorKind.MQTT,
        route=publish.topic,
        payload=publish.payload,
        device_id=arrived.device_id,
        received_at_ms=arrived.received_at_ms,
        retained=publish.retain,
    )


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
