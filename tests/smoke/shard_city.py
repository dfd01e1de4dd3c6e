"""Alert processes of a city on a real broker and a real database: started, killed, frozen and woken by the tests."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from sqlalchemy import func, select

from alerts.tables import Alert
from anhu.contract.observation import Event
from anhu.contract.record import Reading, encode_record
from anhu.log.kafka.settings import KafkaSettings
from anhu.log.kafka.writer import KafkaLogWriter
from anhu.outbox.tables import Outbox
from anhu.registry.contacts import create_contact
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.devices import create_device
from anhu.registry.migrations import upgrade
from anhu.registry.organisations import create_centre
from anhu.registry.residents import create_resident
from anhu.registry.shard_tables import ShardLease, ShardMember
from tests.city.people import centres
from tests.services.kafka import Kafka
from tests.smoke.city_process import CityProcess, environment

PARTITIONS = 8
_HOMES = 4
_CALLS = Alert.kind == "sos"


class ShardCity:
    """Eight centres, one a partition; who speaks for their residents is the test."""

    def __init__(self, folder: Path, kafka: Kafka, database: str) -> None:
        self._folder = folder
        self.topic = kafka.new_topic(PARTITIONS)
        self._writer_settings = KafkaSettings(servers=kafka.servers, topic=self.topic, partitions=PARTITIONS)
        upgrade(database)
        self.sessions = open_sessions(database)
        self.centres = centres(PARTITIONS)
        with self.sessions.begin() as session:
            for centre in self.centres:
                create_centre(session, name=centre, centre_id=centre)
                create_contact(session, owner_kind="centre", owner_id=centre, channel="webhook", address="http://desk")
                for home in range(_HOMES):
                    who = f"r-{centre}-{home}"
                    create_resident(session, name="Li", now_ms=1, resident_id=who, centre_id=centre)
                    create_device(session, device_id=f"w-{who}", codec="open_json", now_ms=1, resident_id=who)
        self._environment = {
            **environment(database),
            "ANHU_LOG": "kafka",
            "ANHU_KAFKA_SERVERS": kafka.servers,
            "ANHU_KAFKA_TOPIC": self.topic,
            "ANHU_KAFKA_PARTITIONS": str(PARTITIONS),
        }
        self.processes: list[CityProcess] = []
        self.said: dict[str, float] = {}
        """Resident -> when their call was acknowledged, by a time that only runs forward. [s]"""

    def process(self) -> CityProcess:
        """Start one more process."""
        self.processes.append(CityProcess("alerts", self._folder / f"p{len(self.processes)}", self._environment))
        self.processes[-1].start()
        return self.processes[-1]

    async def call(self, partition: int, home: int) -> str:
        """Have a resident of a partition call for help; return once the brokers have it."""
        centre = self.centres[partition]
        who, now_ms = f"r-{centre}-{home}", time.time_ns() // 1_000_000
        record = encode_record(Reading(f"w-{who}", who, now_ms, (Event("sos", now_ms),)))
        writer = KafkaLogWriter(self._writer_settings)
        await writer.append_many([(centre, record)])
        self.said[who] = time.monotonic()
        await writer.aclose()
        return who

    def told(self) -> Mapping[str, int]:
        """Return for how many alerts of each resident a message waits."""
        query = select(Alert.resident_id, func.count(func.distinct(Alert.id)).label("number"))
        query = query.join(Outbox, Outbox.resident_id == Alert.resident_id).where(_CALLS).group_by(Alert.resident_id)
        with self.sessions.begin() as session:
            return {row.resident_id: row.number for row in session.execute(query)}

    def alerts(self) -> Mapping[str, int]:
        """Return how many alerts of a call for help each resident has."""
        query = select(Alert.resident_id, func.count().label("number")).where(_CALLS).group_by(Alert.resident_id)
        with self.sessions.begin() as session:
            return {row.resident_id: row.number for row in session.execute(query)}

    def owners(self) -> Mapping[int, str]:
        """Return who has which partition; nobody's are left out."""
        with self.sessions.begin() as session:
            return {row.partition: row.owner for row in session.scalars(select(ShardLease)) if row.owner}

    def shares(self) -> list[int]:
        """Return how many partitions each owner has."""
        owners = [*self.owners().values()]
        return sorted(owners.count(one) for one in set(owners))

    def fenced(self) -> int:
        """Return how many partitions were taken from somebody who believed to have them."""
        with self.sessions.begin() as session:
            return session.scalar(select(func.sum(ShardMember.fenced))) or 0

    def when_told(self, who: list[str], *, within_s: float) -> Mapping[str, float]:
        """Wait until messages about all of them wait; return how long after their call each did. [s]."""
        took: dict[str, float] = {}

        def all_are() -> bool:
            now_s = time.monotonic()
            for one in who:
                if one not in took and one in self.told():
                    took[one] = now_s - self.said[one]
            return len(took) == len(who)

        self.until(all_are, within_s=within_s)
        return took

    def until(self, is_so: Callable[[], bool], *, within_s: float) -> None:
        """Wait until something is so; else fail with what the processes said."""
        deadline_s = time.monotonic() + within_s
        while not is_so():
            if time.monotonic() > deadline_s:
                logs = "\n".join(f"--- {one.data}\n{one.output.read_text('utf-8')[-3_000:]}" for one in self.processes)
                raise AssertionError(f"not within {within_s} s\n{logs}")
            time.sleep(0.1)

    def close(self) -> None:
        """End everything."""
        for one in self.processes:
            one.end()
        close_sessions(self.sessions)
