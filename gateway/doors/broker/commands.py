"""Publishes waiting commands through a broker, for the devices that were heard through it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import paho.mqtt.client as paho
from paho.mqtt.reasoncodes import ReasonCode

from anhu.contract.clock import MINUTE_MS, Clock
from gateway.codec import Codec, Command
from gateway.directory import DeviceEntry
from gateway.doors.command_book import CommandBook
from gateway.doors.topic_rules import command_topic
from gateway.mqtt.reason import FAILURES

_NO_SUBSCRIBER = 0x10


class BrokerCommands:
    """One round asks the queue what waits, and publishes it at QoS 1 on the device's command topic.

    Delivered means that the broker has it and that somebody subscribes; while nobody does, it is tried again every
    minute. All methods run on the event loop, whatever paho's thread says.
    """

    def __init__(
        self,
        *,
        book: CommandBook,
        clock: Clock,
        client: paho.Client,
        codecs: Mapping[str, Codec],
    ) -> None:
        self._book, self._clock = book, clock
        self._client = client
        self._codecs = codecs
        self._devices: dict[str, DeviceEntry] = {}
        self._topics: dict[str, str] = {}
        self._under_way: dict[int, str] = {}
        self._not_before_ms: dict[str, int] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        client.on_publish = self._on_publish

    def heard(self, device: DeviceEntry, topic: str) -> None:
        """Take that a device speaks through this broker, and on what: its commands go the same way."""
        self._devices[device.device_id] = device
        self._topics[device.device_id] = topic

    async def round(self) -> None:
        """Record what the broker took and publish what waits."""
        self._loop = asyncio.get_running_loop()
        await self._book.write_down()
        if self._devices and self._client.is_connected():
            for device_id, command in await self._book.waiting(tuple(self._devices)):
                self._publish(self._devices[device_id], command)

    def _publish(self, device: DeviceEntry, command: Command) -> None:
        command_id, codec = command.command_id, self._codecs.get(device.codec)
        if codec is None or codec.mqtt is None or codec.encode is None:
            return
        if command_id in self._under_way.values():
            return
        if self._clock.now_ms() < self._not_before_ms.get(command_id, 0):
            return
        payload = self._book.in_words(command, codec.encode)
        if payload is None:
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
            self._book.delivered(command_id)
