"""From a front door through four partitions into the store: nothing lost, nothing twice, each resident's order kept."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from anhu.contract.clock import ManualClock
from anhu.contract.errors import FieldError
from anhu.contract.observation import Observation, Scalar
from anhu.log.partition import partition_of
from anhu.registry.partition_key import partition_key
from gateway.codec import Codec, Frame
from gateway.directory import DeviceEntry, Owner
from gateway.door_specs import DoorKind, MqttSpec
from gateway.intake import Intake
from ingest.deadletters import DeadLetters
from ingest.store.embedded.query import SqliteStoreQuery
from ingest.store.embedded.writer import SqliteStoreWriter
from ingest.store.port import PlatformRow, Range, Stored, WriteResult
from ingest.worker import IngestWorker
from tests.parted_log import PartedLog, PartedLogReader, PartedLogWriter

NOW_MS = 1_795_400_000_000
EVER = Range(0, 2 * NOW_MS)
PARTITIONS, CENTRES, RESIDENTS, ROUNDS = 4, 11, 60, 30


def _decode(frame: Frame) -> tuple[Observation, ...]:
    if frame.payload == b"?":
        raise FieldError("payload", "?", "numbers")
    own = Scalar("heart_rate", 70.0, frame.received_at_ms)
    return (own, Scalar("spo2", 97.0, frame.received_at_ms, source="bed")) if frame.payload == b"bed" else (own,)


CODEC = Codec(name="open", title="t", data_sheet="d", mqtt=MqttSpec(publish=("t",)), decode=_decode, examples=())


def _watch(n: int) -> DeviceEntry:
    centre, resident, device = f"c-{n % CENTRES}", f"r-{n}", f"w-{n}"
    key = partition_key(centre, resident, device, None)
    return DeviceEntry(device_id=device, secret_sha256=b"", codec="open", resident_id=resident, partition_key=key)


def _home(n: int) -> DeviceEntry:
    """Return a gateway with a sensor of somebody who belongs to another centre."""
    guest, sensor = f"r-{n}-guest", f"w-{n}:bed"
    key = partition_key(f"c-{(n + 1) % CENTRES}", guest, sensor, f"w-{n}")
    return replace(_watch(n), children={"bed": Owner(sensor, guest, key)})


DEVICES = [_home(n) if n % 10 == 0 else _watch(n) for n in range(RESIDENTS)]
GUESTS = [f"r-{n}-guest" for n in range(0, RESIDENTS, 10)]


class WatchedStore:
    """The store of all shards, and what each of them wrote, in its order."""

    def __init__(self, real: SqliteStoreWriter) -> None:
        self._real = real
        self.written: list[Stored] = []

    def write(self, readings: Sequence[Stored]) -> WriteResult:
        self.written += readings
        return self._real.write(readings)

    def write_platform(self, rows: Sequence[PlatformRow]) -> None:
        self._real.write_platform(rows)

    def prune(self, *, points_before_ms: int, waveforms_before_ms: int) -> int:
        return self._real.prune(points_before_ms=points_before_ms, waveforms_before_ms=waveforms_before_ms)

    def close(self) -> None:
        self._real.close()


async def _offer(log: PartedLog, rounds: range) -> None:
    writer = PartedLogWriter(log)
    intake = Intake({"open": CODEC}, writer, ManualClock(NOW_MS))
    kept: list[object] = []
    for n in rounds:
        for device in DEVICES:
            payload = b"?" if n % 10 == 0 and device is DEVICES[7] else b"bed" if device.children else b"p"
            who, at_ms = device.device_id, NOW_MS + n * 1_000
            frame = Frame(door=DoorKind.MQTT, route="t", payload=payload, device_id=who, received_at_ms=at_ms)
            intake.offer(frame, device, lambda _, error: kept.append(error))
        await asyncio.sleep(0)
    await intake.aclose()
    assert kept == [None] * len(rounds) * len(DEVICES)
    await writer.aclose()


async def _work_off(log: PartedLog, stores: Sequence[WatchedStore], letters: DeadLetters) -> list[Mapping[str, float]]:
    """Let one worker per partition work until all is committed, and return what they counted."""
    clock, stop = ManualClock(NOW_MS), asyncio.Event()
    readers = [PartedLogReader(log, "ingest", partition) for partition in range(PARTITIONS)]
    workers = [
        IngestWorker(reader, store, letters, clock, gather_s=0.0) for reader, store in zip(readers, stores, strict=True)
    ]
    running = [asyncio.create_task(worker.run(stop)) for worker in workers]
    while [reader.committed for reader in readers] != log.ends:  # noqa: ASYNC110 - as other processes would wait
        await asyncio.sleep(0.002)
    stop.set()
    await asyncio.gather(*running)
    return [worker.counters() for worker in workers]


def test_four_shards_store_everything_once_and_in_order(tmp_path: Path) -> None:
    log = PartedLog(PARTITIONS)
    letters = DeadLetters(tmp_path / "letters.db", ManualClock(NOW_MS))
    real = SqliteStoreWriter(tmp_path / "store.db")
    stores = [WatchedStore(real) for _ in range(PARTITIONS)]

    async def test() -> list[Mapping[str, float]]:
        counted: list[Mapping[str, float]] = []
        for rounds in (range(ROUNDS // 2), range(ROUNDS // 2, ROUNDS)):  # each shard goes on at its own position
            await _offer(log, rounds)
            counted += await _work_off(log, stores, letters)
        return counted

    counted = asyncio.run(test())
    refused = ROUNDS // 10
    assert sum(one["records"] for one in counted) == ROUNDS * (RESIDENTS + len(GUESTS))
    assert all(one["records"] and not one["duplicates"] for one in counted)
    assert letters.count() == refused
    with closing(SqliteStoreQuery(tmp_path / "store.db")) as query:
        for resident, quantity in [*((d.resident_id, "heart_rate") for d in DEVICES), *((g, "spo2") for g in GUESTS)]:
            stored = len(query.points(resident, quantity, EVER))
            assert stored == ROUNDS - (refused if resident == "r-7" else 0), resident
    shards: dict[str, set[int]] = defaultdict(set)
    for shard, store in enumerate(stores):
        came: dict[str, list[int]] = defaultdict(list)
        for one in store.written:
            came[one.resident_id].append(one.received_at_ms)
            shards[one.resident_id].add(shard)
        assert all(times == sorted(times) for times in came.values())
    assert shards["r-0"] == {partition_of("c-0", PARTITIONS)}
    assert shards["r-0-guest"] == {partition_of("c-1", PARTITIONS)}
    assert all(len(where) == 1 for where in shards.values())
    real.close()
    letters.close()
