"""Brings waiting commands to the devices that are connected, at QoS 1, and records which were acknowledged."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from concurrent.futures import Executor

from anhu.contract.clock import Clock
from anhu.contract.errors import FieldError
from anhu.contract.topics import for_command, matches
from gateway.codec import Codec, Command
from gateway.directory import CommandQueue
from gateway.doors.mqtt.counters import MqttCounters
from gateway.doors.mqtt.link import Link
from gateway.doors.mqtt.session import Outgoing
from gateway.doors.mqtt.settings import MqttSettings
from gateway.mqtt.packets import Acknowledged
from gateway.mqtt.reason import FAILURES

_logger = logging.getLogger(__name__)
_MAX_REFUSED = 10_000


class Courier:
    """One round asks the queue what waits for the listening devices, and sends it.

    A command stays in the queue until its device acknowledged it, so nothing is lost by a restart; one that the
    device's family does not know, or the device refused, is not tried again before the next start.
    """

    def __init__(
        self,
        *,
        queue: CommandQueue,
        clock: Clock,
        counters: MqttCounters,
        settings: MqttSettings,
        executor: Executor,
        codecs: Mapping[str, Codec],
    ) -> None:
        self._queue = queue
        self._clock = clock
        self._counters = counters
        self._settings = settings
        self._executor = executor
        self._codecs = codecs
        self._done: dict[str, int] = {}
        self._refused: dict[str, None] = {}

    async def round(self, listening: Mapping[str, Link]) -> None:
        """Record what was acknowledged and send what waits. Device id -> link that subscribed to its commands."""
        loop = asyncio.get_running_loop()
        for command_id, at_ms in list(self._done.items()):
            await loop.run_in_executor(self._executor, self._queue.delivered, command_id, at_ms)
            del self._done[command_id]
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
        window = self._window(link)
        for i, (packet_id, sent) in enumerate(list(session.outgoing.items())):
            if i >= window or not link.core.send(sent.topic, sent.payload, qos=1, packet_id=packet_id, dup=True):
                del session.outgoing[packet_id]  # it comes again from the queue
        link.flush()

    def _send(self, link: Link, command: Command) -> None:
        session, device = link.session, link.device
        if session is None or device is None or session.sends(command.command_id):
            return
        if len(session.outgoing) >= self._window(link):
            return
        codec = self._codecs[device.codec]
        if codec.mqtt is None or codec.encode is None:
            return
        topic = for_command(codec.mqtt.commands, device.device_id, command.command_id)
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
        if not link.core.send(topic, payload, qos=qos, packet_id=packet_id):
            self._refuse(command.command_id, "it is longer than the device takes")
            return
        self._counters.commands_sent += 1
        if qos:
            session.outgoing[packet_id] = Outgoing(command.command_id, topic, payload)
        else:
            self._delivered(command.command_id)  # the device asked for QoS 0: there will be no better sign
        link.flush()

    def _window(self, link: Link) -> int:
        return min(self._settings.max_commands_in_flight, link.core.client_receive_maximum)

    def _delivered(self, command_id: str) -> None:
        self._counters.commands_delivered += 1
        self._done[command_id] = self._clock.now_ms()

    def _refuse(self, command_id: str, why: str) -> None:
        self._counters.commands_refused += 1
        self._refused[command_id] = None
        while len(self._refused) > _MAX_REFUSED:
            del self._refused[next(iter(self._refused))]
        _logger.warning("command %s cannot be delivered: %s", command_id, why)
