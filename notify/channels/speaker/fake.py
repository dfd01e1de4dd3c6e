"""A device, and the front door before it: it takes what waits in a database of its own."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.tables import Base, Device, DeviceCommand
from notify.channel import Channel
from notify.channels.speaker import SpeakerSettings
from notify.channels.speaker.sender import Speaker
from notify.fake_server import FakeServer, Taken

_POLL_S = 0.02
_WAITS_S = 0.6
_DEVICES = ("doctor",)


class FakeDevice(FakeServer):
    """Takes commands as a device does; it listens on no port."""

    has_port: ClassVar[bool] = False

    def __init__(self, port: int = 0) -> None:
        self.port, self.delay_s, self.answers, self.silent = port, 0.0, 1, False
        self._folder = Path(tempfile.mkdtemp(prefix="anhu-device-"))
        self._sessions: sessionmaker[Session] = open_sessions(f"sqlite:///{self._folder / 'anhu.db'}")
        Base.metadata.create_all(self._sessions.kw["bind"])
        with self._sessions.begin() as session:
            session.add_all(Device(id=one, codec="open_json", enrolled_at_ms=0, version=0) for one in _DEVICES)
        self._kept: list[Taken] = []
        self._seen: dict[str, float] = {}
        self._next: list[str] = []
        self._deaf: set[str] = set()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    @classmethod
    def settings(cls, port: int) -> SpeakerSettings:  # noqa: ARG003 - there is nothing to set
        """Return settings."""
        return SpeakerSettings()

    @classmethod
    def address(cls, port: int, name: str) -> str:  # noqa: ARG003 - it listens on none
        """Return the address of somebody's device."""
        return f"device:{name}"

    def attach(self, channel: Channel) -> None:
        """Give the channel the database that it would share with the front door."""
        if isinstance(channel, Speaker):
            channel.use(self._sessions)
            channel.wait_s = _WAITS_S + self.delay_s

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def close(self) -> None:
        """Stop, and leave nothing behind."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()
        close_sessions(self._sessions)
        shutil.rmtree(self._folder)

    def refuse(self, times: int, *, for_good: bool = False) -> None:
        """Be out of reach for the next commands; for good: be no device any more."""
        self._next += ["away"] * times
        if for_good:
            with self._sessions.begin() as session:
                session.execute(update(Device).values(enabled=False))

    def lie(self, times: int) -> None:
        """Hear the next commands, and acknowledge none of them."""
        self._next += ["lie"] * times

    def taken(self) -> Sequence[Taken]:
        """Return what it heard, in order."""
        return list(self._kept)

    def came(self) -> int:
        """Return how many commands were written for it."""
        return len(self._seen)

    def _listen(self) -> None:
        while not self._closing.wait(_POLL_S):
            if not self.silent:
                for row in self._waiting():
                    since_s = self._seen.setdefault(row.id, time.monotonic())
                    if time.monotonic() - since_s >= self.delay_s:
                        self._hear(row)

    def _waiting(self) -> Sequence[DeviceCommand]:
        waits = (DeviceCommand.delivered_at_ms.is_(None), DeviceCommand.expires_at_ms > DeviceCommand.created_at_ms)
        with self._sessions() as session:
            return [one for one in session.scalars(select(DeviceCommand).where(*waits)) if one.id not in self._deaf]

    def _hear(self, row: DeviceCommand) -> None:
        what = self._next.pop(0) if self._next else ""
        if what != "away":
            said = str(row.arguments["text"])
            self._kept.append(Taken(str(row.arguments["about"]), row.device_id, said))
        if what:
            self._deaf.add(row.id)
            return
        for _ in range(self.answers):
            with self._sessions.begin() as session:
                heard = update(DeviceCommand).where(DeviceCommand.id == row.id)
                session.execute(heard.values(delivered_at_ms=row.created_at_ms))
