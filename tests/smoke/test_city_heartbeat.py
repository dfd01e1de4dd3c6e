"""A watcher on a machine of its own: by a real HAProxy through every partition of a real Kafka, and called back."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from anhu.contract.clock import SystemClock
from anhu.contract.settings import Secret
from anhu.registry.beat_tables import PlatformBeat
from anhu.registry.database import close_sessions, open_sessions
from app.check_result import CheckVerdict
from app.heartbeat_checks import calls_of_itself
from app.settings import Settings
from tests.services.kafka import Kafka, kafka_cluster
from tests.services.process import free_port
from tests.smoke.city_process import CityProcess, environment
from tests.smoke.door_pair import DoorPair
from tests.smoke.installation import until

_PARTITIONS = 8
_TELEPHONE = "127.0.0.2"
"""Not the loopback address that a dispatcher calls by itself."""


@pytest.fixture(scope="module")
def broker() -> Iterator[Kafka]:
    with kafka_cluster() as kafka:
        yield kafka


class WatchedCity:
    """Two doors, one engine, one dispatcher, one watcher; each has a data folder of its own."""

    def __init__(self, folder: Path, kafka: Kafka, database: str) -> None:
        topic = kafka.new_topic(_PARTITIONS)
        log = {"log": "kafka", "kafka_servers": kafka.servers, "kafka_topic": topic}
        log |= {"kafka_partitions": str(_PARTITIONS)}
        self.doors = DoorPair(folder, database, ["w-1"], **log)
        told = {
            **environment(database),
            **{f"ANHU_{name.upper()}": value for name, value in log.items()},
            "ANHU_IDENTITY_KEY": self.doors.a.environment["ANHU_IDENTITY_KEY"],
            "ANHU_HEARTBEAT_S": "2",
            "ANHU_DEVICE_DOOR": f"mqtt://127.0.0.1:{self.doors.port}",
            "ANHU_LOOPBACK_URL": f"http://{_TELEPHONE}:{free_port()}",
            "ANHU_LOOPBACK_HOST": _TELEPHONE,
        }
        self.engine, self.dispatcher, self.watcher = self.processes = [
            CityProcess(name, folder / name, told) for name in ("alerts", "dispatcher", "watcher")
        ]
        self.sessions = open_sessions(database)
        self.elsewhere = Settings(data=folder / "elsewhere", database_url=Secret(database))

    def log(self) -> str:
        """Return what its processes said at last."""
        return "\n".join(f"--- {one.data}\n{one.output.read_text('utf-8')[-3_000:]}" for one in self.processes)

    def arrived(self) -> set[int]:
        """Return the partitions through which a call arrived."""
        with self.sessions() as session:
            return set(session.scalars(select(PlatformBeat.partition).where(PlatformBeat.phone_ms.is_not(None))))

    def failed(self) -> int:
        """Return how many calls did not arrive."""
        with self.sessions() as session:
            return session.scalar(select(func.count()).where(PlatformBeat.alert_ms.is_(None))) or 0

    def doctor(self) -> CheckVerdict | None:
        """Return what another machine says of the calls."""
        return next((one.verdict for one in calls_of_itself(self.elsewhere, SystemClock())), None)

    def close(self) -> None:
        """End everything."""
        for one in self.processes:
            one.end()
        close_sessions(self.sessions)


@pytest.fixture
def city(tmp_path: Path, broker: Kafka, postgres_database: Callable[[], str]) -> Iterator[WatchedCity]:
    made = WatchedCity(tmp_path, broker, postgres_database())
    with made.doors:
        for one in made.processes:
            one.start()
        yield made
        made.close()


def test_every_partition_is_called_through_and_a_dead_engine_is_told_on_every_machine(city: WatchedCity) -> None:
    until(lambda: city.arrived() == set(range(_PARTITIONS)), city.log, seconds=180)
    until(lambda: city.doctor() is CheckVerdict.OK, city.log, seconds=60)
    city.engine.send(signal.SIGKILL)
    until(lambda: city.watcher.counters().get("partitions_unread") == _PARTITIONS, city.log, seconds=60)
    until(city.failed, city.log, seconds=60)
    assert city.doctor() is CheckVerdict.FAILED
    assert city.watcher.counters()["phone_strangers"] == 0
    city.engine.start()
    until(lambda: city.doctor() is CheckVerdict.OK, city.log, seconds=180)
    until(lambda: city.watcher.counters().get("partitions_unread") == 0, city.log, seconds=60)
