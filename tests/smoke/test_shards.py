"""Two alert processes share a real Kafka: one is killed, frozen, woken; no call for help is lost or told twice."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.services.kafka import Kafka
from tests.smoke.shard_city import PARTITIONS, ShardCity

_LOG = logging.getLogger(__name__)
_PATIENCE_S = 240.0
"""A takeover takes 15 s; the machine of a test run is busier than a city's. [s]"""


@pytest.fixture
def city(tmp_path: Path, kafka: Kafka, postgres_database: Callable[[], str]) -> Iterator[ShardCity]:
    made = ShardCity(tmp_path, kafka, postgres_database())
    yield made
    made.close()


def _call_everywhere(city: ShardCity, home: int) -> list[str]:
    async def call() -> list[str]:
        return [await city.call(partition, home) for partition in range(PARTITIONS)]

    return asyncio.run(call())


def test_one_is_killed_and_its_calls_are_told_by_the_other(city: ShardCity) -> None:
    one, other = city.process(), city.process()
    city.until(lambda: city.shares() == [4, 4], within_s=_PATIENCE_S)
    city.when_told(_call_everywhere(city, 0), within_s=_PATIENCE_S)
    one.send(signal.SIGKILL)
    took = city.when_told(_call_everywhere(city, 1), within_s=_PATIENCE_S)
    _LOG.warning("killed: told after at most %.1f s", max(took.values()))
    city.until(lambda: city.shares() == [8], within_s=_PATIENCE_S)
    one.start()
    city.until(lambda: city.shares() == [4, 4], within_s=_PATIENCE_S)
    city.when_told(_call_everywhere(city, 2), within_s=_PATIENCE_S)
    other.send(signal.SIGTERM)
    city.when_told(_call_everywhere(city, 3), within_s=_PATIENCE_S)
    assert city.alerts() == dict.fromkeys(city.said, 1)


def test_one_is_frozen_and_replaced_and_tells_nothing_when_it_wakes(city: ShardCity) -> None:
    one, _ = city.process(), city.process()
    city.until(lambda: city.shares() == [4, 4], within_s=_PATIENCE_S)
    city.when_told(_call_everywhere(city, 0), within_s=_PATIENCE_S)
    one.send(signal.SIGSTOP)
    took = city.when_told(_call_everywhere(city, 1), within_s=_PATIENCE_S)
    _LOG.warning("frozen: told after at most %.1f s", max(took.values()))
    city.until(lambda: city.shares() == [8], within_s=_PATIENCE_S)
    one.send(signal.SIGCONT)
    city.when_told(_call_everywhere(city, 2), within_s=_PATIENCE_S)
    city.until(lambda: city.fenced() == 4, within_s=_PATIENCE_S)
    city.until(lambda: city.shares() == [4, 4], within_s=_PATIENCE_S)
    city.when_told(_call_everywhere(city, 3), within_s=_PATIENCE_S)
    assert city.alerts() == dict.fromkeys(city.said, 1)
