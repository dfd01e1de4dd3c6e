"""Brings waiting commands to the devices that are connected, over the connection that each speaks over.

A command is sent once, and again where it may have been lost: over another connection when the one that it went over
died or fell silent, and over the same one when the device has spoken since and did not confirm it. The number that a
family gives its commands is the same each time.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection
from dataclasses import dataclass

from anhu.contract.errors import FieldError
from gateway.codec import Command
from gateway.directory import DeviceEntry
from gateway.doors.command_book import CommandBook
from gateway.doors.rounds import Rounds
from gateway.doors.tcp.cutting import Family
from gateway.doors.tcp.link import Link
from gateway.doors.tcp.presence import Presence
from gateway.doors.tcp.shared import Shared
from gateway.doors.tcp.wire import SLOW_READER

_MOST_UNCONFIRMED, _MOST_SENDINGS = 3, 8
"""A device that speaks and does not confirm is not asked for ever, nor is one that breaks off each time."""
_MOST_REMEMBERED = 10_000
_MOST_AWAITED = 32


@dataclass(slots=True)
class _Sending:
    """How often a command was sent, how often in vain, and by which connection last. [s]."""

    link: Link
    at_s: float
    times: int = 0
    unconfirmed: int = 0

    @property
    def is_in_vain(self) -> bool:
        """Whether the device has spoken since over the same connection, and did not confirm it."""
        return self.link.wire.is_open and self.link.last_seen_s > self.at_s


class Courier:
    """One round asks the queue what waits for the devices that are here, and sends it.

    Attributes
    ----------
    book : CommandBook
        What waits, and what became of it.
    """

    def __init__(self, book: CommandBook, presence: Presence, shared: Shared) -> None:
        self.book, self._presence, self._shared = book, presence, shared
        self._rounds = Rounds("the command queue did not answer; commands wait")
        self.look_again = self._rounds.look_again
        self._sendings: dict[str, _Sending] = {}

    async def run(self) -> None:
        """Make rounds for ever."""
        await self._rounds.run(self.round, self._shared.settings.command_poll_s)

    async def round(self) -> None:
        """Write down what was confirmed and send what waits."""
        await self.book.write_down()
        if here := self._presence.device_ids():
            waiting = await self.book.waiting(here)
            open_ones = {command.command_id for _, command in waiting}
            for device_id, command in waiting:
                self._bring(device_id, command, open_ones)

    def heard(self, link: Link, family: Family, device: DeviceEntry, packet: bytes) -> None:
        """Look whether a packet confirms a command that went over the same connection."""
        commands = family.spec.commands
        try:
            said = commands.confirmation(packet) if commands is not None else None
        except FieldError:
            return
        command_id = link.awaited.pop((device.device_id, said.key), "") if said is not None else ""
        if said is None or not command_id:
            return
        self._sendings.pop(command_id, None)
        if said.refusal:
            self.book.refuse(command_id, said.refusal)
        else:
            self.book.delivered(command_id)
        self.look_again()

    def _bring(self, device_id: str, command: Command, open_ones: Collection[str]) -> None:
        link = self._presence.speaking_link_of(device_id)
        family = link.cutter.family if link is not None else None
        if link is None or family is None or link.wire.held & SLOW_READER:
            return
        commands, form = family.spec.commands, link.speaking.forms.get(device_id)
        if commands is None or form is None:
            self.book.refuse(command.command_id, f"devices of the family {family.codec.name} take no commands")
            return
        if not self._is_due(link, command.command_id):
            return
        number = zlib.crc32(command.command_id.encode()) & 0xFFFF
        made = self.book.in_words(command, lambda one: commands.encode(one, form, number))
        if made is None:
            return
        under_way = [one for one in link.awaited.values() if one in open_ones and one != command.command_id]
        before_it = link.awaited.get((device_id, made.key)) in under_way
        if before_it or len(under_way) >= self._shared.settings.max_commands_in_flight:
            return
        self._send(link, (device_id, made.key), made.packet, command.command_id)

    def _is_due(self, link: Link, command_id: str) -> bool:
        """Tell whether a command was not sent yet, or may have been lost; one that was sent in vain is refused."""
        sent, now_s = self._sendings.get(command_id), self._shared.now_s()
        if sent is None:
            return True
        wait_s = self._shared.settings.command_wait_s * (sent.unconfirmed + 1)
        if now_s - sent.at_s < wait_s if sent.is_in_vain else link is sent.link:
            return False
        if sent.unconfirmed + sent.is_in_vain >= _MOST_UNCONFIRMED or sent.times >= _MOST_SENDINGS:
            del self._sendings[command_id]
            self.book.refuse(command_id, f"sent {sent.times} times, and the device never confirmed it")
            return False
        return True

    def _send(self, link: Link, awaited: tuple[str, bytes], packet: bytes, command_id: str) -> None:
        now_s = self._shared.now_s()
        sent = self._sendings.setdefault(command_id, _Sending(link, now_s))
        sent.unconfirmed += sent.is_in_vain
        sent.link, sent.at_s, sent.times = link, now_s, sent.times + 1
        while len(self._sendings) > _MOST_REMEMBERED:
            del self._sendings[next(iter(self._sendings))]
        link.awaited.pop(awaited, None)
        link.awaited[awaited] = command_id
        while len(link.awaited) > _MOST_AWAITED:
            del link.awaited[next(iter(link.awaited))]
        self._shared.counters.commands_sent += 1
        link.wire.say(packet)
