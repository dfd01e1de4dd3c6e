"""The LOG in Kafka beside the embedded one: what an append and a read cost, and when the writer is told."""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from anhu.log.embedded.reader import EmbeddedLogReader
from anhu.log.embedded.writer import EmbeddedLogWriter
from anhu.log.kafka.reader import KafkaLogReader
from anhu.log.kafka.settings import KafkaSettings
from anhu.log.kafka.topic import make_topic
from anhu.log.kafka.writer import KafkaLogWriter
from anhu.log.port import LogReader, LogWriter
from tests.bench.report import Options, Report
from tests.bench.usage import cpu_s
from tests.services.kafka import Kafka, kafka_cluster

_RECORD = os.urandom(200)
_BATCH = 100
_APPENDERS = 8
_RATE, _EVERY_S = 5_000, 0.01
_KEEP_H = 24


class _Log(NamedTuple):
    name: str
    writer: Callable[[], LogWriter]
    reader: Callable[[], LogReader]
    broker_s: Callable[[], float]


def measure(options: Options, report: Report, folder: Path) -> None:
    """Measure both by turns, so that what else runs here falls on neither alone."""
    records, seconds = (4_000, 1.0) if options.quick else (200_000, 10.0)
    with kafka_cluster() as kafka:
        for turn in range(options.runs):
            for log in (_embedded(folder / f"log-{turn}"), _kafka(kafka, f"log-{turn}")):
                asyncio.run(_measure_one(log, report, records, seconds))


def _embedded(folder: Path) -> _Log:
    return _Log("embedded", lambda: EmbeddedLogWriter(folder), lambda: EmbeddedLogReader(folder, "bench"), lambda: 0.0)


def _kafka(kafka: Kafka, topic: str) -> _Log:
    settings = KafkaSettings(servers=kafka.servers, topic=topic)
    make_topic(settings, copies=1, keep_h=_KEEP_H)
    (broker,) = kafka.brokers
    pid = broker.process.pid
    return _Log(
        "Kafka", lambda: KafkaLogWriter(settings), lambda: KafkaLogReader(settings, "bench"), lambda: cpu_s(pid)
    )


async def _measure_one(log: _Log, report: Report, records: int, seconds: float) -> None:
    writer = log.writer()
    await _append(writer, _BATCH)  # whoever begins has to find each other
    begun_s, cpu, broker = time.perf_counter(), time.process_time(), log.broker_s()
    await asyncio.gather(*(_append(writer, records // _APPENDERS) for _ in range(_APPENDERS)))
    report.add(f"kafka log: {log.name}", "appended", "records/s", records / (time.perf_counter() - begun_s))
    report.add(f"kafka log: {log.name}", "CPU of an append", "us", (time.process_time() - cpu) / records * 1e6)
    report.add(f"kafka log: {log.name}", "broker's CPU of it", "us", (log.broker_s() - broker) / records * 1e6)
    await _at_a_rate(log, writer, report, seconds)
    await writer.aclose()
    _read(log, report)


async def _append(writer: LogWriter, records: int) -> None:
    batch = [("c-1", _RECORD)] * _BATCH
    for _ in range(records // _BATCH):
        await writer.append_many(batch)


async def _at_a_rate(log: _Log, writer: LogWriter, report: Report, seconds: float) -> None:
    batch = [("c-1", _RECORD)] * int(_RATE * _EVERY_S)
    waited_ms: list[float] = []

    async def one() -> None:
        begun_s = time.perf_counter()
        await writer.append_many(batch)
        waited_ms.append((time.perf_counter() - begun_s) * 1e3)

    cpu, begun_s = time.process_time(), time.perf_counter()
    tasks = []
    for turn in range(int(seconds / _EVERY_S)):
        await asyncio.sleep(max(0.0, begun_s + turn * _EVERY_S - time.perf_counter()))
        tasks.append(asyncio.create_task(one()))
    await asyncio.gather(*tasks)
    cuts = statistics.quantiles(waited_ms, n=100)
    name, of = f"kafka log: {log.name}", f"at {_RATE}/s"
    report.add(name, f"told {of}, p50", "ms", cuts[49])
    report.add(name, f"told {of}, p99", "ms", cuts[98])
    report.add(name, f"CPU {of}", "us", (time.process_time() - cpu) / (len(tasks) * len(batch)) * 1e6)


def _read(log: _Log, report: Report) -> None:
    reader = log.reader()
    count, begun_s, cpu = 0, time.perf_counter(), time.process_time()
    while reader.backlog_bytes:
        if entries := reader.read():
            count += len(entries)
            reader.commit(entries[-1].next_position)
    report.add(f"kafka log: {log.name}", "read and committed", "records/s", count / (time.perf_counter() - begun_s))
    report.add(f"kafka log: {log.name}", "CPU of a read", "us", (time.process_time() - cpu) / count * 1e6)
    reader.close()
