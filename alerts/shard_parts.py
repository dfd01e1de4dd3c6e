"""What one shard of alerts is made of."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session, sessionmaker

from alerts.directory_news import DirectoryNews
from alerts.directory_work import DirectoryWork
from alerts.engine.engine import Engine
from alerts.keeper import Keeper
from alerts.read_ahead import MOST_BYTES_A_LOOK, SHARED_LOOK_BYTES, ReadAhead
from alerts.recovery_work import RecoveryWork
from alerts.roster import Roster
from alerts.rules.detector import Detector
from alerts.versions_work import VersionsWork
from anhu.contract.clock import Clock
from anhu.contract.delays import Delays
from anhu.log.partition import consumer_name
from anhu.log.port import LogReader


class Which(NamedTuple):
    """Which shard it is, of how many, and the installation's time zone."""

    partition: int
    partitions: int
    time_zone: str


class Shared(NamedTuple):
    """What the shards of one process share.

    Attributes
    ----------
    recovering : asyncio.Semaphore
        So many of them take a snapshot over at once.
    news : DirectoryNews
        Asks the database for all of them.
    delays : Delays
        Counts how long what they decide takes.
    """

    recovering: asyncio.Semaphore
    news: DirectoryNews
    delays: Delays


class ShardParts:
    """Makes them, each from those before it."""

    def __init__(
        self,
        readers: tuple[LogReader, LogReader],
        sessions: sessionmaker[Session],
        detectors: Sequence[type[Detector]],
        versions: Sequence[type[Detector]],
        *,
        clock: Clock,
        counts: Counter[str],
        which: Which,
        shared: Shared | None,
    ) -> None:
        partition, partitions, zone = which
        consumer = consumer_name("alerts", partition, partitions)
        most_bytes = MOST_BYTES_A_LOOK if partitions == 1 else SHARED_LOOK_BYTES
        self.engine = Engine(detectors)
        self.read_ahead = ReadAhead(readers[1], detectors, most_bytes=most_bytes)
        self.keeper = Keeper(sessions, clock, consumer, counts, delays=shared.delays if shared is not None else None)
        whose = {"consumer": consumer, "time_zone": zone}
        known = (*detectors, *versions)
        self.versions = VersionsWork(self.engine, known, sessions, clock, read_ahead=self.read_ahead, **whose)
        roster = Roster(sessions, clock, time_zone=zone, partition=partition, partitions=partitions)
        self.directory = DirectoryWork(
            self.engine, self.versions, self.keeper, roster, sessions, clock=clock, counts=counts,
            partition=partition, partitions=partitions, news=shared.news if shared is not None else None,
        )  # fmt: skip
        self.recovery = RecoveryWork(
            readers[0], self.engine, self.keeper, self.directory, self.read_ahead, clock=clock, counts=counts,
            gives_way=shared.recovering if shared is not None else None,
        )  # fmt: skip
