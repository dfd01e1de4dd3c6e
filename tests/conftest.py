"""The real services that tests ask for by name, started when first asked for and ended with the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.schedule import files_together, longest_first, process_count
from tests.services.chromium import chromium_program
from tests.services.influxdb import Influxd, InfluxDB, influxdb_server
from tests.services.kafka import Kafka, kafka_cluster
from tests.services.mosquitto import Mosquitto
from tests.services.postgres import PostgreSQL, postgres_server


def pytest_xdist_auto_num_workers() -> int:
    """Say how many processes `-n auto` is."""
    return process_count()


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    """Share the tests out."""
    return files_together(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes longest; a quick run has an order of its own."""
    if not config.pluginmanager.has_plugin("tests.quick.deadline"):
        items[:] = longest_first(items)


@pytest.fixture(scope="session")
def influxdb() -> Iterator[InfluxDB]:
    """One InfluxDB for the run: `url`, `org`, `token`; `new_bucket()` for each who needs quiet."""
    with influxdb_server() as server:
        yield server


@pytest.fixture
def own_influxd() -> Iterator[Influxd]:
    """An InfluxDB for this test alone, already started: `process.kill()`, `process.pause()`, `start()`."""
    with TemporaryDirectory(prefix="anhu-influxdb-") as folder:
        server = Influxd(Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.process.stop()


@pytest.fixture(scope="session")
def kafka() -> Iterator[Kafka]:
    """One Kafka broker for the run: `servers`; `new_topic(partitions)` for each who needs quiet."""
    with kafka_cluster() as cluster:
        yield cluster


@pytest.fixture
def own_kafka() -> Iterator[Callable[..., Kafka]]:
    """Return a function that starts a Kafka for this test alone: `own_kafka(3)`, `own_kafka(secure=True)`."""
    with ExitStack() as open_ones:
        yield lambda *args, **settings: open_ones.enter_context(kafka_cluster(*args, **settings))


@pytest.fixture(scope="session")
def _postgres() -> Iterator[PostgreSQL]:
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_database(_postgres: PostgreSQL) -> Callable[[], str]:
    """Return a function that makes an empty PostgreSQL database and returns its SQLAlchemy URL."""
    return _postgres.new_database


@pytest.fixture(scope="session")
def postgres_copy(_postgres: PostgreSQL) -> Callable[[Callable[[str], None]], str]:
    """Return a function that makes a copy of a database which the function it is given fills once."""
    return _postgres.copy_of


@pytest.fixture
def postgres_url(postgres_database: Callable[[], str]) -> str:
    """Return the URL of an empty PostgreSQL database for this test."""
    return postgres_database()


@pytest.fixture
def mosquitto() -> Iterator[Callable[..., Mosquitto]]:
    """Return a function that starts a broker: `mosquitto("max_inflight_messages 1000")`."""
    with TemporaryDirectory(prefix="anhu-mosquitto-") as folder:
        brokers: list[Mosquitto] = []

        def started(config: str = "") -> Mosquitto:
            own = Path(folder) / str(len(brokers))
            own.mkdir()
            brokers.append(Mosquitto(own, config))
            brokers[-1].start()
            return brokers[-1]

        yield started
        for broker in brokers:
            broker.stop()


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Return the browser's program, for Playwright's `executable_path`."""
    return str(chromium_program())
