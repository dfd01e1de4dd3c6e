"""Brings waiting commands to the devices that are connected, at QoS 1, and records which were acknowledged."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from concurrent.futures import Executor

from anhu.contract.errors import FieldError
from anhu.contract.topics import matches
from gateway.codec import Command
from gateway.directory import CommandQueue
from gateway.doors.mqtt.link import Link
from gateway.doors.mqtt.session import Outgoing
from gateway.doors.mqtt.shared import Shared
from gateway.doors.topic_rules import command_topic
from gateway.mqtt.packets import Acknowledged
from gateway.mqtt.reason import FAILURES

_logger = logging.getLogger(__name__)
_MAX_REFUSED = 10_000


class Courier:
    """One round asks the queue what waits for the listening devices, and sends it.

    A command stays in the queue until its device acknowledged it, so nothing is lost by a restart; one that the
    device's family does not know, or the device refused, is not tried again before the next start.
    """

    def __init__(self, queue: CommandQueue, shared: Shared, executor: Executor) -> None:
        self._queue = queue
        self._shared = shared
        self._executor = executor
        self._wanted = asyncio.Event()
        self._done: dict[str, int] = {}
        self._refused: dict[str, None] = {}
        self._failed: dict[str, tuple[str, int]] = {}

    def look_again(self) -> None:
        """Make the next round now: something has changed."""
        self._wanted.set()

    async def run(self, listening: Mapping[str, Link]) -> None:
        """Make rounds for ever, at least every `MqttSettings.command_poll_s`."""
        poll_s = self._shared.settings.command_poll_s
        while True:
            try:
                async with asyncio.timeout(poll_s):
                    await self._wanted.wait()
            except TimeoutError:
                pass
            self._wanted.clear()
            try:
                await self.round(listening)
            except Exception:
                _logger.exception("the command queue did not answer; commands wait")
                await asyncio.sleep(poll_s)

    async def round(self, listening: Mapping[str, Link]) -> None:
        """Record what was acknowledged and send what waits. Device id -> link that subscribed to its commands."""
        loop = asyncio.get_running_loop()
        for command_id, at_ms in list(self._done.items()):
            await loop.run_in_executor(self._executor, self._queue.delivered, command_id, at_ms)
            del self._done[command_id]
        for command_id, (why, at_ms) in list(self._failed.items()):
            await loop.run_in_executor(self._executor, self._queue.failed, command_id, why, at_ms)
            del self._failed[command_id]
        if not listening:
            return
        waiting = await loop.run_in_executor(self._executor, self._queue.pending, tuple(listening))
        for device_id, command in waiting:
            link = listening.get(device_id)
            if link is not None and command.command_id not in self._done and command.command_id not in self._refused:
                self._send(link, command)

    def acknowledged(self, link: Link, answer: Acknowledged) -> None:
        """Take a device's PUBACK."""
        outgoing = link.session.outgoing.pop(answer.packet_id, None) if link.session else None
        if outgoing is None:
            return
        if answer.reason < FAILURES:
            self._delivered(outgoing.command_id)
        else:
            self._refuse(outgoing.command_id, f"the device answered {answer.reason:#04x}")

    def resend(self, link: Link) -> None:
        """Send again, marked as duplicates, what a returning device has not acknowledged."""
        session = link.session
        if session is None:
            return
        window, out = self._window(link), link.wire.core.out
        for i, (packet_id, sent) in enumerate(list(session.outgoing.items())):
            if i >= window or not out.publish(sent.topic, sent.payload, qos=1, packet_id=packet_id, dup=True):
                del session.outgoing[packet_id]  # it comes again from the queue
        link.wire.flush()

    def _send(self, link: Link, command: Command) -> None:
        session, device = link.session, link.device
        if session is None or device is None or session.sends(command.command_id):
            return
        codec = self._shared.codec_of(device)
        if codec is None or codec.mqtt is None or codec.encode is None or len(session.outgoing) >= self._window(link):
            return
        topic = command_topic(codec.mqtt.commands, device.device_id, command, session.subscriptions)
        if not topic:
            self._refuse(command.command_id, "the device names no product in what it subscribes to")
            return
        granted = [qos for f, qos in session.subscriptions.items() if matches(f, topic)]
        if not granted:
            return
        try:
            payload = codec.encode(command)
        except FieldError as error:
            self._refuse(command.command_id, str(error))
            return
        qos = max(granted)
        packet_id = session.free_packet_id() if qos else 0
        if not link.wire.core.out.publish(topic, payload, qos=qos, packet_id=packet_id):
            self._refuse(command.command_id, "it is longer than the device takes")
            return
        self._shared.counters.commands_sent += 1
        if qos:
            session.outgoing[packet_id] = Outgoing(command.command_id, topic, payload)
        else:
            self._delivered(command.command_id)  # the device asked for QoS 0: there will be no better sign
        link.wire.flush()

    def _window(self, link: Link) -> int:
        return min(self._shared.settings.max_commands_in_flight, link.wire.core.client_receive_maximum)

    def _delivered(self, command_id: str) -> None:
        self._shared.counters.commands_delivered += 1
        self._done[command_id] = self._shared.clock.now_ms()

    def _refuse(self, command_id: str, why: str) -> None:
        self._shared.counters.commands_refused += 1
        self._refused[command_id] = None
        self._failed[command_id] = (why, self._shared.clock.now_ms())
        while len(self._refused) > _MAX_REFUSED:
            del self._refused[next(iter(self._refused))]
        _logger.warning("command %s cannot be delivered: %s", command_id, why)
