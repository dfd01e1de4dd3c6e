"""One caller for each partition of the LOG, and the telephone that they share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.clock import Clock
from anhu.registry.devices import new_secret
from anhu.registry.heartbeat import Phone
from app.heartbeat.beat import Beat
from app.heartbeat.heart import Door, Heart
from app.heartbeat.turns import identities
from notify.channels.loopback import LoopbackSettings
from notify.channels.loopback.fake import LoopbackPhone

CHANNEL = "loopback"


class Hearts:
    """Calls through the partitions that are asked for, all at once.

    Parameters
    ----------
    settings : LoopbackSettings
        Where the telephone listens, and at which address other machines reach it.
    door : callable
        As of `Heart`.
    """

    def __init__(
        self,
        sessions: sessionmaker[Session],
        clock: Clock,
        settings: LoopbackSettings,
        *,
        door: Callable[[], Door],
        partitions: int,
    ) -> None:
        self._sessions, self._secret = sessions, new_secret()
        self._address, port = settings.loopback_url.rstrip("/"), settings.phone_port
        self._phone = LoopbackPhone(port, host=settings.loopback_host, secret=self._secret)
        self._hearts = [
            Heart(sessions, clock, door=door, phone=self._phone, who=who, partition=partition)
            for partition, who in enumerate(identities(partitions))
        ]

    @property
    def strangers(self) -> int:
        """How many messages came to the telephone that were not the platform's."""
        return self._phone.refused

    def set_up(self) -> None:
        """Register the devices and the telephone, and begin to listen."""
        self._phone.start()
        here = self._phone.address(self._phone.port, "heartbeat")
        there = f"{self._address}/heartbeat" if self._address else here
        with self._sessions.begin() as session:
            for heart in self._hearts:
                heart.set_up(session, Phone(CHANNEL, there, self._secret))

    async def beat(self, partitions: Sequence[int]) -> Sequence[Beat]:
        """Call once through each of these, and return what became of each."""
        return await asyncio.gather(*(self._hearts[one].beat() for one in partitions))

    async def stop(self) -> None:
        """Hang up."""
        for heart in self._hearts:
            await heart.stop()
        self._phone.close()
