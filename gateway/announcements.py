"""What devices announced that their messages will mean, kept for them within bounds, over an end of ours too.

`decode` stays pure: what was announced goes to it with the frame. In memory, because each message of such a device asks
for it, and in a file of the door, because not every device announces again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from anhu.contract.allowance import Allowance, Rate
from anhu.contract.errors import FieldError
from anhu.contract.topics import matches
from gateway.announcement_file import AnnouncementFile, Line, lines_of
from gateway.codec import Announced, Announcement, Frame
from gateway.counters import IntakeCounters

Announces = Callable[[Frame], Announced | None]
_logger = logging.getLogger(__name__)
_MOST = 4_000
"""Announcements of one device: a home of fifty sensors was seen with eleven hundred."""
_MOST_BYTES = 1_048_576
"""Of one device. [byte]"""
_MOST_SAYS_BYTES = 2_048
_MOST_KEY_BYTES = 512
_MOST_FILTERS = 32
_MOST_OF_ALL_BYTES = 64 * 1_048_576
"""Of all devices; whoever announced longest ago is forgotten first. [byte]"""
_MOST_A_TOPIC = 256
CHANGES = Rate(4_000, 240)
"""Of one device: each is written to the disk. What is announced again and is the same costs nothing."""


@dataclass(slots=True)
class _Device:
    """What one device announced; `topics` says the same again, by topic, and how often each thing was said."""

    changes: Allowance
    by_key: dict[str, tuple[Announcement, ...]] = field(default_factory=dict)
    topics: dict[str, dict[bytes, int]] = field(default_factory=dict)
    filters: dict[str, None] = field(default_factory=dict)
    count: int = 0
    size_bytes: int = 0

    def put(self, key: str, new: Sequence[Announcement]) -> None:
        """Take what is announced under a key in place of what was."""
        old = self.by_key.pop(key, ())
        if new:
            self.by_key[key] = tuple(new)
        self.count += len(new) - len(old)
        self.size_bytes += _bytes_of(key, new) - _bytes_of(key, old)
        for topic, says in old:
            said = self.topics[topic]
            said[says] -= 1
            if not said[says]:
                del said[says]
            if not said:
                del self.topics[topic]
                self.filters.pop(topic, None)
        for topic, says in new:
            said = self.topics.setdefault(topic, {})
            said[says] = said.get(says, 0) + 1
            if _is_filter(topic):
                self.filters[topic] = None

    def about(self, route: str) -> tuple[bytes, ...]:
        """Return what was announced of a route."""
        found = tuple(self.topics.get(route, ()))
        for one in self.filters:
            if matches(one, route):
                found = (*found, *self.topics[one])
        return found[:_MOST_A_TOPIC]


class Announcements:
    """What each device announced.

    Attributes
    ----------
    refused : int
        Announcements that a device may not make so many of, or that are too long.
    forgotten : int
        Devices whose announcements had to go for those of others; a file that could not be read counts as one.

    Parameters
    ----------
    file : Path, optional
        Where it is kept over an end of ours; None keeps it in memory only.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._devices: dict[str, _Device] = {}
        self._size_bytes = 0
        self._tell: Callable[[str, Announced], None] | None = None
        self._file = AnnouncementFile(file)
        self.refused, self.forgotten = 0, int(self._file.was_broken)
        self._take(self._file.lines())

    @classmethod
    def as_written(cls, file: Path) -> Announcements:
        """Return what the gateway has written so far, to look things up in."""
        made = cls()
        made._take(lines_of(file))
        return made

    def _take(self, lines: Iterable[Line]) -> None:
        kept: dict[tuple[str, str], list[Announcement]] = {}
        for line in lines:
            kept.setdefault((line.device_id, line.key), []).append(Announcement(line.topic, line.says))
        for (device_id, key), said in kept.items():
            device = self._devices.setdefault(device_id, _Device(Allowance.full(CHANGES, 0)))
            device.put(key, said)
            self._size_bytes += _bytes_of(key, said)

    def tell(self, told: Callable[[str, Announced], None]) -> None:
        """Have somebody told of each change: ``told(device_id, announced)``."""
        self._tell = told

    def take_up(self, device_id: str, said: Sequence[Announced]) -> None:
        """Take what a device announced at all doors, the newest last, in place of what is known here."""
        known = self._devices.pop(device_id, None)
        self._size_bytes -= known.size_bytes if known is not None else 0
        if not said:
            return
        device = self._devices[device_id] = _Device(Allowance.full(CHANGES, 0))
        for key, new in said:
            device.put(key, new)
        self._size_bytes += device.size_bytes
        self._forget()

    @property
    def unwritten(self) -> int:
        """Changes that could not be written so far."""
        return self._file.waiting

    def learnt(self, frame: Frame, announces: Announces, counters: IntakeCounters) -> Frame:
        """Take what a frame announces, or return it with what was announced of its route.

        Raises
        ------
        FieldError
            If its family cannot read it, or it is more than a device may announce.
        """
        announced = announces(frame)
        if announced is None:
            return self.given_to(frame)
        try:
            counters.announced += self.learn(frame, announced)
        finally:
            counters.announcements_refused, counters.announcements_forgotten = self.refused, self.forgotten
            counters.announcements_unwritten = self.unwritten
        return frame

    def given_to(self, frame: Frame) -> Frame:
        """Return a frame with what its device announced of its route."""
        device = self._devices.get(frame.device_id)
        found = device.about(frame.route) if device is not None else ()
        return msgspec.structs.replace(frame, announced=found) if found else frame

    def learn(self, frame: Frame, announced: Announced) -> bool:
        """Take what a message announces; return whether that was new.

        Raises
        ------
        FieldError
            If it is more than a device may announce; it is then as if it had said nothing.
        """
        key, new = announced
        device = self._devices.get(frame.device_id)
        if (device.by_key.get(key, ()) if device is not None else ()) == new:
            self._file.write()
            return False
        if device is None:
            device = self._devices[frame.device_id] = _Device(Allowance.full(CHANGES, frame.received_at_ms))
        try:
            _require_room(device, key, new, frame.received_at_ms)
        except FieldError:
            self.refused += 1
            raise
        before = device.size_bytes
        device.put(key, new)
        self._size_bytes += device.size_bytes - before
        self._devices[frame.device_id] = self._devices.pop(frame.device_id)  # the newest stands last
        self._file.replace(frame.device_id, key, [Line(frame.device_id, key, *one) for one in new])
        if self._tell is not None:
            self._tell(frame.device_id, announced)
        self._forget()
        return True

    def _forget(self) -> None:
        while self._size_bytes > _MOST_OF_ALL_BYTES and len(self._devices) > 1:
            oldest = next(iter(self._devices))
            self._size_bytes -= self._devices.pop(oldest).size_bytes
            self._file.replace(oldest, None, ())
            self.forgotten += 1
            _logger.warning("what device %s announced is forgotten: there is no room for it", oldest)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _is_filter(topic: str) -> bool:
    return "+" in topic or "#" in topic


def _bytes_of(key: str, said: Sequence[Announcement]) -> int:
    return sum(len(key.encode()) + len(topic.encode()) + len(says) for topic, says in said)


def _require_room(device: _Device, key: str, new: Sequence[Announcement], now_ms: int) -> None:
    old = device.by_key.get(key, ())
    for one in new:
        if len(one.says) > _MOST_SAYS_BYTES or len(key.encode()) > _MOST_KEY_BYTES:
            raise FieldError("announcement", f"{len(one.says)} bytes", f"at most {_MOST_SAYS_BYTES}")
    count = device.count + len(new) - len(old)
    if count > max(_MOST, device.count):
        raise FieldError("announcements", count, f"at most {_MOST} of one device")
    size = device.size_bytes + _bytes_of(key, new) - _bytes_of(key, old)
    if size > max(_MOST_BYTES, device.size_bytes):
        raise FieldError("announcements", f"{size} bytes", f"at most {_MOST_BYTES} of one device")
    filters = {*device.filters, *(one.topic for one in new if _is_filter(one.topic))}
    if len(filters) > _MOST_FILTERS:
        raise FieldError("state_topic", new[0].topic, f"at most {_MOST_FILTERS} filters of one device")
    if not device.changes.takes(now_ms):
        raise FieldError("announcement", "another change", f"at most {CHANGES.a_minute} a minute of one device")
