"""What a device announced at one door is known at the next, without it announcing again."""

from __future__ import annotations

import asyncio

from sqlalchemy.orm import Session, sessionmaker

from gateway.announced_elsewhere import AnnouncedElsewhere
from gateway.announcement_register import DatabaseAnnouncements
from gateway.announcements import Announcements
from gateway.codec import Announced, Announcement, Frame
from gateway.codecs import discover
from gateway.directory import DeviceEntry
from gateway.door_specs import DoorKind

_FAMILY = "home_assistant_discovery"
_HOME = DeviceEntry(device_id="home-1", secret_sha256=b"", codec=_FAMILY, partition_key="home-1")
_WATCH = DeviceEntry(device_id="watch-1", secret_sha256=b"", codec="open_json", partition_key="watch-1")


def _frame(route: str, at_ms: int = 1_000) -> Frame:
    return Frame(door=DoorKind.MQTT, route=route, payload=b"", device_id="home-1", received_at_ms=at_ms)


def _said(key: str, *topics: str) -> Announced:
    return Announced(key, tuple(Announcement(topic, b"what it means") for topic in topics))


class _Door:
    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self.announcements = Announcements()
        self.elsewhere = AnnouncedElsewhere(self.announcements, DatabaseAnnouncements(sessions), discover())

    def knows(self, topic: str) -> bool:
        return bool(self.announcements.given_to(_frame(topic)).announced)


def test_a_device_that_moves_need_not_announce_again(sessions: sessionmaker[Session]) -> None:
    async def play() -> None:
        first, second = _Door(sessions), _Door(sessions)
        first.announcements.learn(_frame(""), _said("lamp", "home/lamp"))
        first.announcements.learn(_frame(""), _said("door", "home/door", "home/door/battery"))
        await first.elsewhere.write()
        await second.elsewhere.fetch(_HOME)
        assert second.knows("home/lamp")
        assert second.knows("home/door/battery")
        second.announcements.learn(_frame(""), Announced("lamp", ()))
        await second.elsewhere.write()
        await first.elsewhere.fetch(_HOME)
        assert not first.knows("home/lamp")
        assert first.knows("home/door")

    asyncio.run(play())


def test_what_is_not_written_yet_goes_before_what_is(sessions: sessionmaker[Session]) -> None:
    async def play() -> None:
        door = _Door(sessions)
        door.announcements.learn(_frame(""), _said("lamp", "home/old"))
        await door.elsewhere.write()
        door.announcements.learn(_frame(""), _said("lamp", "home/new"))
        await door.elsewhere.fetch(_HOME)
        assert door.knows("home/new")
        assert not door.knows("home/old")

    asyncio.run(play())


def test_families_that_announce_nothing_ask_nobody(sessions: sessionmaker[Session]) -> None:
    class Silent(DatabaseAnnouncements):
        def of(self, device_ids: object) -> dict[str, list[Announced]]:
            raise AssertionError(device_ids)

    elsewhere = AnnouncedElsewhere(Announcements(), Silent(sessions), discover())
    asyncio.run(elsewhere.fetch(_WATCH))
    assert elsewhere.failed == 0
