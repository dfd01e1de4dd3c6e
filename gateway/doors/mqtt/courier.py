"""Brings waiting commands to the devices that are connected, at QoS 1, and records which were acknowledged."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from anhu.contract.topics import matches
from gateway.codec import Command
from gateway.doors.command_book import CommandBook
from gateway.doors.mqtt.link import Link
from gateway.doors.mqtt.session import Outgoing
from gateway.doors.mqtt.shared import Shared
from gateway.doors.rounds import Rounds
from gateway.doors.topic_rules import command_topic
from gateway.mqtt.packets import Acknowledged
from gateway.mqtt.reason import FAILURES


class Courier:
    """One round asks the queue what waits for the listening devices, and sends it.

    A command stays in the queue until its device acknowledged it, so nothing is lost by a restart; one that the
    device's family does not know, or the device refused, is not tried again.

    Attributes
    ----------
    book : CommandBook
        What waits, and what became of it.
    """

    def __init__(self, book: CommandBook, shared: Shared) -> None:
        self.book, self._shared = book, shared
        self._rounds = Rounds("the command queue did not answer; commands wait")
        self.look_again = self._rounds.look_again

    async def run(self, listening: Mapping[str, Link]) -> None:
        """Make rounds for ever, at least every `MqttSettings.command_poll_s`."""
        await self._rounds.run(partial(self.round, listening), self._shared.settings.command_poll_s)

    async def round(self, listening: Mapping[str, Link]) -> None:
        """Record what was acknowledged and send what waits. Device id -> link that subscribed to its commands."""
        await self.book.write_down()
        if not listening:
            return
        for device_id, command in await self.book.waiting(tuple(listening)):
            link = listening.get(device_id)
            if link is not None:
                self._send(link, command)

    def acknowledged(self, link: Link, answer: Acknowledged) -> None:
        """Take a device's PUBACK."""
        outgoing = link.session.outgoing.pop(answer.packet_id, None) if link.session else None
        if outgoing is None:
            return
        if answer.reason < FAILURES:
            self.book.delivered(outgoing.command_id)
        else:
            self.book.refuse(outgoing.command_id, f"the device answered {answer.reason:#04x}")

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
            self.book.refuse(command.command_id, "the device names no product in what it subscribes to")
            return
        granted = [qos for f, qos in session.subscriptions.items() if matches(f, topic)]
        if not granted:
            return
        payload = self.book.in_words(command, codec.encode)
        if payload is None:
            return
        qos = max(granted)
        packet_id = session.free_packet_id() if qos else 0
        if not link.wire.core.out.publish(topic, payload, qos=qos, packet_id=packet_id):
            self.book.refuse(command.command_id, "it is longer than the device takes")
            return
        self._shared.counters.commands_sent += 1
        if qos:
            session.outgoing[packet_id] = Outgoing(command.command_id, topic, payload)
        else:
            self.book.delivered(command.command_id)  # the device asked for QoS 0: there will be no better sign
        link.wire.flush()

    def _window(self, link: Link) -> int:
        return min(self._shared.settings.max_commands_in_flight, link.wire.core.client_receive_maximum)
