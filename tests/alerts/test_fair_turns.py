"""Shards of one process take turns: a backlog in one holds up no call for help in another."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

from sqlalchemy import select

from alerts.detectors import discover
from alerts.directory_news import DirectoryNews
from alerts.fence import fenced, seize
from alerts.shard_parts import Shared
from alerts.tables import Alert
from alerts.worker import AlertWorker
from anhu.contract.clock import ManualClock
from anhu.contract.delays import Delays
from anhu.contract.observation import Event, Scalar
from anhu.contract.record import Reading, encode_record
from anhu.log.partition import consumer_name, partition_of
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.devices import create_device
from anhu.registry.migrations import upgrade
from anhu.registry.organisations import create_centre
from anhu.registry.residents import create_resident
from tests.parted_log import PartedLog, PartedLogReader

T0 = 1_795_300_000_000
PARTITIONS, BACKLOG = 4, 30_000
BUSY, CALM = "c-1", "c-2"
DETECTORS = discover()


def storm_and_a_call() -> list[tuple[str, bytes]]:
    beats = [Reading(f"w-{BUSY}", f"r-{BUSY}", T0 + n, (Scalar("heart_rate", 70.0, T0 + n),)) for n in range(BACKLOG)]
    call = Reading(f"w-{CALM}", f"r-{CALM}", T0, (Event("sos", T0),))
    return [*((BUSY, encode_record(beat)) for beat in beats), (CALM, encode_record(call))]


def test_a_call_is_told_while_another_shard_still_reads_its_backlog(tmp_path: Path) -> None:
    assert partition_of(BUSY, PARTITIONS) != partition_of(CALM, PARTITIONS)
    url = f"sqlite:///{tmp_path / 'anhu.db'}"
    upgrade(url)
    sessions, clock, log = open_sessions(url), ManualClock(T0), PartedLog(PARTITIONS)
    with sessions.begin() as session:
        for centre in (BUSY, CALM):
            create_centre(session, name="Desk", centre_id=centre)
            create_resident(session, name="Li", now_ms=T0, resident_id=f"r-{centre}", centre_id=centre)
            create_device(session, device_id=f"w-{centre}", codec="open_json", now_ms=T0, resident_id=f"r-{centre}")
    shared = Shared(asyncio.Semaphore(), DirectoryNews(sessions, clock), Delays())

    def shard(centre: str) -> tuple[AlertWorker, PartedLogReader]:
        partition = partition_of(centre, PARTITIONS)
        reader, ahead = (PartedLogReader(log, "alerts", partition) for _ in range(2))
        consumer = consumer_name("alerts", partition, PARTITIONS)
        seize(sessions, consumer, 1, begins_at=0)
        part, mine = partial(AlertWorker, partition=partition, partitions=PARTITIONS), fenced(sessions, consumer, 1)
        return part(reader, ahead, mine, DETECTORS, clock, shared=shared), reader

    left: list[int] = []

    async def until_told(workers: list[AlertWorker], reader: PartedLogReader, stop: asyncio.Event) -> None:
        while not all(worker.is_live for worker in workers):  # noqa: ASYNC110 - they are other tasks
            await asyncio.sleep(0.01)
        log.put(storm_and_a_call())
        while not left:
            with sessions() as session:
                if session.scalars(select(Alert.kind)).all():
                    left.append(reader.backlog_bytes)
            await asyncio.sleep(0)
        stop.set()

    async def both() -> None:
        (busy, reader), (calm, _), stop = shard(BUSY), shard(CALM), asyncio.Event()
        await asyncio.gather(busy.run(stop), calm.run(stop), until_told([busy, calm], reader, stop))

    asyncio.run(both())
    close_sessions(sessions)
    assert left[0] > 0
