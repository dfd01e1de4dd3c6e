"""Two shards find what one engine finds: whatever looks across residents looks inside one centre."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from alerts.detectors import discover
from alerts.moves_work import DOORS_MS
from alerts.roster import load_roster
from alerts.tables import Alert, ConsumerSnapshot, ConsumerState
from alerts.worker import AlertWorker
from anhu.contract.clock import MINUTE_MS, SECOND_MS, ManualClock
from anhu.contract.observation import Event, Observation, Scalar
from anhu.contract.record import Reading, encode_record
from anhu.log.partition import partition_of
from anhu.log.port import Entry, Position
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.devices import create_device
from anhu.registry.migrations import upgrade
from anhu.registry.organisations import create_centre
from anhu.registry.partition_key import partition_key
from anhu.registry.residents import create_resident, update_resident

T0 = 1_795_300_000_000
DETECTORS = discover()
CENTRES = ("c-1", "c-4", "c-2")
HOMES = range(12)
Told = list[tuple[str, str, int, str | None]]


class Partition:
    """One partition of a LOG in memory, and the one who reads it."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.committed: Position = 0
        self._next = 0

    def append(self, reading: Reading) -> None:
        self.entries.append(Entry(len(self.entries) + 1, encode_record(reading)))

    @property
    def backlog_bytes(self) -> int:
        return len(self.entries) - self._next

    @property
    def unheard_s(self) -> float:
        return 0.0

    def seek(self, position: Position) -> None:
        self._next = position

    def read(self, max_records: int = 1_000, max_bytes: int = 4_194_304) -> Sequence[Entry]:
        del max_bytes
        found = self.entries[self._next : self._next + max_records]
        self._next += len(found)
        return found

    async def wait(self, timeout_s: float) -> bool:
        del timeout_s
        return bool(self.backlog_bytes)

    def commit(self, position: Position) -> None:
        self.committed = position

    def close(self) -> None:
        """Nothing is open."""


class Site:
    """Three centres of twelve homes, each behind a gateway; one resident wears a watch and has a radar."""

    def __init__(self, folder: Path, partitions: int) -> None:
        url = f"sqlite:///{folder / f'anhu-{partitions}.db'}"
        upgrade(url)
        self.sessions: sessionmaker[Session] = open_sessions(url)
        self.clock = ManualClock(T0)
        self.log = [Partition() for _ in range(partitions)]
        with self.sessions.begin() as session:
            for centre in CENTRES:
                create_centre(session, name=centre, centre_id=centre)
                create_device(session, device_id=f"g-{centre}", codec="open_json", now_ms=T0)
                for home in HOMES:
                    resident_id = f"r-{centre}-{home}"
                    create_resident(session, name="Li", now_ms=T0, resident_id=resident_id, centre_id=centre)
                    self._enrol(session, f"w-{centre}-{home}", resident_id, centre)
                self._enrol(session, f"radar-{centre}", f"r-{centre}-0", centre)
        self.workers = [self._worker(n) for n in range(partitions)]

    @staticmethod
    def _enrol(session: Session, device_id: str, resident_id: str, centre: str) -> None:
        create_device(
            session, device_id=device_id, codec="open_json", now_ms=T0, resident_id=resident_id, report_period_s=60,
            parent_id=f"g-{centre}",
        )  # fmt: skip

    def _worker(self, partition: int) -> AlertWorker:
        part = self.log[partition]
        worker = AlertWorker(
            part, Partition(), self.sessions, DETECTORS, self.clock, partition=partition, partitions=len(self.log)
        )
        worker._recovery.find_position()
        worker._recovery.recover()
        worker._position = worker._recovery.position
        return worker

    def restart(self) -> None:
        for worker in self.workers:
            worker._keeper.write_down_now(worker._engine, worker._position)
            worker._store()
        self.workers = [self._worker(n) for n in range(len(self.log))]

    def crash(self) -> None:
        """End all workers at once, and begin anew with what the database has."""
        self.workers = [self._worker(n) for n in range(len(self.log))]

    def say(self, device_id: str, home: str, centre: str, *observations: Observation, key_centre: str = "") -> None:
        at_ms = max(one.observed_at_ms for one in observations)
        resident_id = f"r-{centre}-{home}"
        key = partition_key(key_centre or centre, resident_id, device_id, f"g-{centre}")
        self.log[partition_of(key, len(self.log))].append(Reading(device_id, resident_id, at_ms, observations))

    def work(self, now_ms: int) -> None:
        self.clock.set(now_ms)
        for worker in self.workers:
            worker._follow_directory()
            worker._take(worker._reader.read())
            worker._pending += worker._engine.advance(now_ms)
            worker._store()

    def told(self) -> Told:
        with self.sessions.begin() as session:
            rows = session.scalars(select(Alert)).all()
            return sorted((a.resident_id, a.kind, a.priority, a.device_id or "") for a in rows)


@pytest.fixture
def site_of(tmp_path: Path) -> Iterator[Callable[[int], Site]]:
    made: list[Site] = []

    def make(partitions: int) -> Site:
        made.append(Site(tmp_path, partitions))
        return made[-1]

    yield make
    for site in made:
        close_sessions(site.sessions)


def an_hour(site: Site, *, restart_at: int = -1) -> None:
    """Let one centre go dark, another's batteries run down, and one resident fall before two sensors."""
    for minute in range(60):
        for centre in CENTRES:
            for home in HOMES:
                if centre == "c-1" and minute > 5:
                    continue
                at_ms = T0 + minute * MINUTE_MS + home * SECOND_MS
                battery = 5.0 if centre == "c-4" and minute == 10 else 80.0
                said = (Scalar("heart_rate", 70.0, at_ms), Scalar("battery", battery, at_ms))
                site.say(f"w-{centre}-{home}", str(home), centre, *said)
                if home == 0:
                    site.say(f"radar-{centre}", "0", centre, Event("presence", at_ms))
        if minute == 20:
            at_ms = T0 + 20 * MINUTE_MS + 30 * SECOND_MS
            site.say("w-c-2-0", "0", "c-2", Event("fall_suspected", at_ms))
            site.say("radar-c-2", "0", "c-2", Event("fall_suspected", at_ms + 5 * SECOND_MS))
            site.say("w-c-4-4", "4", "c-4", Event("sos", at_ms))
        site.work(T0 + (minute + 1) * MINUTE_MS)
        if minute == restart_at:
            site.restart()


@pytest.mark.parametrize("restart_at", [-1, 8, 12], ids=["running", "restarted in the dark", "restarted in the storm"])
def test_shards_tell_what_one_engine_tells(site_of: Callable[[int], Site], restart_at: int) -> None:
    one, two = site_of(1), site_of(2)
    for site in (one, two):
        an_hour(site, restart_at=restart_at)
    assert two.told() == one.told()
    kinds = {(resident_id[:5], kind) for resident_id, kind, _, _ in one.told()}
    assert {("r-c-1", "area_silent"), ("r-c-4", "rule_storm"), ("r-c-2", "fall"), ("r-c-4", "sos")} <= kinds
    assert not {("r-c-1", "device_silent"), ("r-c-4", "battery_low")} & kinds


def test_both_shards_have_work_a_position_and_a_snapshot_of_their_own(site_of: Callable[[int], Site]) -> None:
    site = site_of(2)
    an_hour(site, restart_at=30)
    assert all(part.entries and part.committed for part in site.log)
    with site.sessions.begin() as session:
        assert set(session.scalars(select(ConsumerState.consumer))) == {"alerts-0", "alerts-1"}
        assert set(session.scalars(select(ConsumerSnapshot.consumer))) == {"alerts-0", "alerts-1"}
    watched = [worker.counters()["watched"] for worker in site.workers]
    assert sum(watched) == len(CENTRES) * (len(HOMES) + 1)
    assert all(watched)


def test_a_resident_who_moves_to_another_centre_moves_to_its_shard(site_of: Callable[[int], Site]) -> None:
    site = site_of(2)
    [here, there] = [next(c for c in CENTRES if partition_of(c, 2) == n) for n in range(2)]
    device_id, resident_id = f"w-{here}-3", f"r-{here}-3"
    with site.sessions.begin() as session:
        version, first = load_roster(session, since_version=0, checked_at_ms=0, now_ms=T0, partition=0, partitions=2)
        assert resident_id in {d.resident_id for d in first if d.device_id == device_id}
        update_resident(session, resident_id, {"centre_id": there})
    for partition, expected in ((0, ""), (1, resident_id)):
        with site.sessions.begin() as session:
            _, changed = load_roster(
                session, since_version=version, checked_at_ms=T0, now_ms=T0, partition=partition, partitions=2
            )
        assert [d.resident_id for d in changed if d.device_id == device_id] == [expected]
    before = [worker.counters()["watched"] for worker in site.workers]
    site.work(T0 + MINUTE_MS)
    site.work(T0 + MINUTE_MS + DOORS_MS)  # the old one goes on until no door writes to it any more
    assert [worker.counters()["watched"] for worker in site.workers] == [before[0] - 1, before[1] + 1]
