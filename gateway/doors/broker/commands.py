"""Publishes waiting commands through a broker, for the devices that were heard through it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from concurrent.futures import Executor

import paho.mqtt.client as paho
from paho.mqtt.reasoncodes import ReasonCode

from anhu.contract.clock import MINUTE_MS, Clock
from anhu.contract.errors import FieldError
from gateway.codec import Codec, Command
from gateway.directory import CommandQueue, DeviceEntry
from gateway.doors.topic_rules import command_topic
from gateway.mqtt.reason import FAILURES

_logger = logging.getLogger(__name__)
_NO_SUBSCRIBER = 0x10
_NEVER_MS = 2**62


class BrokerCommands:
    """One round asks the queue what waits, and publishes it at QoS 1 on the device's command topic.

    Delivered means that the broker has it and that somebody subscribes; while nobody does, it is tried again every
    minute. All methods run on the event loop, whatever paho's thread says.
    """

    def __init__(
        self,
        *,
        queue: CommandQueue,
        clock: Clock,
        client: paho.Client,
        executor: Executor,
        codecs: Mapping[str, Codec],
    ) -> None:
        self._queue = queue
        self._clock = clock
        self._client = client
        self._executor = executor
        self._codecs = codecs
        self._devices: dict[str, DeviceEntry] = {}
        self._topics: dict[str, str] = {}
        self._under_way: dict[int, str] = {}
        self._done: dict[str, int] = {}
        self._failed: dict[str, tuple[str, int]] = {}
        self._not_before_ms: dict[str, int] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        client.on_publish = self._on_publish

    def heard(self, device: DeviceEntry, topic: str) -> None:
        """Take that a device speaks through this broker, and on what: its commands go the same way."""
        self._devices[device.device_id] = device
        self._topics[device.device_id] = topic

    async def round(self) -> int:
        """Record what the broker took and publish what waits; return how many were recorded."""
        self._loop = asyncio.get_running_loop()
        recorded = 0
        for command_id, at_ms in list(self._done.items()):
            await self._loop.run_in_executor(self._executor, self._queue.delivered, command_id, at_ms)
            del self._done[command_id]
            recorded += 1
        for command_id, (why, at_ms) in list(self._failed.items()):
            await self._loop.run_in_executor(self._executor, self._queue.failed, command_id, why, at_ms)
            del self._failed[command_id]
        if self._devices and self._client.is_connected():
            ids = tuple(self._devices)
            for device_id, command in await self._loop.run_in_executor(self._executor, self._queue.pending, ids):
                self._publish(self._devices[device_id], command)
        return recorded

    def _publish(self, device: DeviceEntry, command: Command) -> None:
        command_id, codec = command.command_id, self._codecs.get(device.codec)
        if codec is None or codec.mqtt is None or codec.encode is None:
            return
        if command_id in self._done or command_id in self._under_way.values():
            return
        if self._clock.now_ms() < self._not_before_ms.get(command_id, 0):
            return
        try:
            payload = codec.encode(command)
        except FieldError as error:
            _logger.warning("command %s cannot be delivered: %s", command_id, error)
            self._not_before_ms[command_id] = _NEVER_MS
            self._failed[command_id] = (str(error), self._clock.now_ms())
            return
        topic = command_topic(codec.mqtt.commands, device.device_id, command, [self._topics[device.device_id]])
        if not topic:
            return  # it has not yet spoken on a topic that names its product
        sent = self._client.publish(topic, payload, qos=1)
        self._under_way[sent.mid] = command_id

    def _on_publish(
        self, _client: paho.Client, _user: object, mid: int, reason: ReasonCode, _properties: object
    ) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._answered, mid, int(reason.value))

    def _answered(self, mid: int, reason: int) -> None:
        command_id = self._under_way.pop(mid, None)
        if command_id is None:
            return
        if reason == _NO_SUBSCRIBER or reason >= FAILURES:
            self._not_before_ms[command_id] = self._clock.now_ms() + MINUTE_MS
        else:
            self._not_before_ms.pop(command_id, None)
            self._done[command_id] = self._clock.now_ms()
