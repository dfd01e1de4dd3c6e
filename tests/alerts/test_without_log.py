"""The LOG's brokers are away while a fall waits: it is told by the time alone, once, and nobody is called silent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import select

from alerts.detectors import discover
from alerts.read_ahead import ReadAhead
from alerts.tables import Alert
from alerts.unheard import LONG_MS, Unheard
from alerts.worker import AlertWorker
from anhu.contract.clock import HOUR_MS, MINUTE_MS, SECOND_MS
from anhu.contract.observation import Event, Observation, Scalar
from anhu.contract.priority import Priority
from anhu.contract.record import Reading, encode_record
from anhu.log.port import Entry, Position
from anhu.registry.database import close_sessions
from tests.alerts.test_worker import DETECTORS, T0, Site

FAR_BYTES = 2 * 1_048_576


class Brokers:
    """A partition that several readers read, unless the brokers are away."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.are_away = False

    def append(self, observation: Observation, at_ms: int = 0, *, device_id: str = "w-1") -> None:
        reading = Reading(device_id, "r-1", at_ms or observation.observed_at_ms, (observation,))
        self.entries.append(Entry(len(self.entries) + 1, encode_record(reading)))


class BrokerReader:
    """Says what a reader of Kafka says: without brokers nothing comes, and no end is known."""

    def __init__(self, brokers: Brokers, record_bytes: int = 100) -> None:
        self._brokers, self._record_bytes = brokers, record_bytes
        self._next = self.committed = 0

    @property
    def backlog_bytes(self) -> int:
        behind = len(self._brokers.entries) - self._next
        return max(behind * self._record_bytes, int(self._brokers.are_away))

    @property
    def unheard_s(self) -> float:
        return float("inf") if self._brokers.are_away else 0.5

    def seek(self, position: Position) -> None:
        self._next = position

    def read(self, max_records: int = 1_000, max_bytes: int = 4_194_304) -> Sequence[Entry]:
        del max_bytes
        found = [] if self._brokers.are_away else self._brokers.entries[self._next : self._next + max_records]
        self._next += len(found)
        return found

    async def wait(self, timeout_s: float) -> bool:
        await asyncio.sleep(min(timeout_s, 0.001))
        return False

    def commit(self, position: Position) -> None:
        if self._brokers.are_away:
            raise OSError("Kafka: nobody answers")
        self.committed = position

    def close(self) -> None:
        """Nothing is open."""


def told(site: Site) -> list[tuple[str, str, str, int]]:
    """Return kind, priority, condition and repeats of each alert."""
    with site.sessions.begin() as session:
        found = session.scalars(select(Alert).order_by(Alert.raised_at_ms)).all()
        return [(a.kind, Priority(a.priority).name, a.condition, a.repeats) for a in found]


class Watch:
    """A worker that runs beside the test; time passes only as the test says."""

    def __init__(self, site: Site) -> None:
        self.site, self.brokers = site, Brokers()
        readers = BrokerReader(self.brokers), BrokerReader(self.brokers)
        self.worker = AlertWorker(*readers, site.sessions, DETECTORS, site.clock)

    async def until(self, is_so: Callable[[], bool], *, step_ms: int = 0) -> None:
        for _ in range(2_000):
            if is_so():
                return
            self.site.clock.forward(step_ms)
            await asyncio.sleep(0.005)
        raise AssertionError("it never happened")

    async def turns(self, times: int = 10, *, step_ms: int = SECOND_MS) -> None:
        """Let the worker look around so many times, each a second later; a leap of the clock is longer than these."""
        for _ in range(times):
            self.site.clock.forward(step_ms)
            await asyncio.sleep(0.02)

    def told(self) -> list[tuple[str, str, str, int]]:
        return told(self.site)

    def run(self, test: Callable[[], object]) -> None:
        asyncio.run(self._run(test))

    async def _run(self, test: Callable[[], object]) -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(self.worker.run(stop))
        try:
            await test()  # type: ignore[misc] # a coroutine function of a test
        finally:
            stop.set()
            await running


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    site = Site(tmp_path)
    yield Watch(site)
    close_sessions(site.sessions)


def kinds(watch: Watch) -> list[str]:
    return [kind for kind, *_ in watch.told()]


def is_urgent(watch: Watch) -> bool:
    return any(kind == "fall_suspected" and priority == "HIGH" for kind, priority, *_ in watch.told())


def test_a_suspected_fall_does_not_wait_for_the_brokers_and_is_told_once(watch: Watch) -> None:
    async def test() -> None:
        watch.brokers.append(Event("fall_suspected", T0))
        await watch.until(lambda: bool(watch.told()))
        watch.brokers.are_away = True
        await watch.until(lambda: is_urgent(watch), step_ms=SECOND_MS)
        assert watch.site.clock.now_ms() >= T0 + MINUTE_MS
        assert watch.worker.counters()["findings_without_log"] == 1
        assert "database_errors" not in watch.worker.counters()
        before = watch.told()
        watch.brokers.are_away = False
        watch.brokers.append(Scalar("heart_rate", 70.0, watch.site.clock.now_ms()))
        await watch.turns()
        assert watch.told() == before
        assert watch.worker.counters()["findings_without_log"] == 1

    watch.run(test)


def test_a_broker_that_another_takes_over_from_hastens_nothing(watch: Watch) -> None:
    async def test() -> None:
        watch.brokers.append(Event("fall_suspected", T0))
        await watch.until(lambda: bool(watch.told()))
        watch.site.clock.forward(58 * SECOND_MS)
        await watch.turns(1)
        watch.brokers.are_away = True
        await watch.turns(20)
        watch.brokers.append(Event("fall_cancelled", T0 + 10 * SECOND_MS))
        watch.brokers.are_away = False
        await watch.until(lambda: watch.told()[0][2] == "gone")
        assert not is_urgent(watch)
        assert watch.worker.counters()["findings_without_log"] == 0

    watch.run(test)


def test_who_rose_meanwhile_is_told_once_too_often_and_it_is_taken_back(watch: Watch) -> None:
    async def test() -> None:
        watch.brokers.append(Event("fall_suspected", T0))
        await watch.until(lambda: bool(watch.told()))
        watch.brokers.are_away = True
        watch.brokers.append(Event("fall_cancelled", T0 + 20 * SECOND_MS))
        await watch.until(lambda: is_urgent(watch), step_ms=SECOND_MS)
        watch.brokers.are_away = False
        await watch.until(lambda: watch.told()[0][2] == "gone")
        assert kinds(watch) == ["fall_suspected"]

    watch.run(test)


def test_hours_without_brokers_make_nobody_silent_and_open_no_door(watch: Watch) -> None:
    async def test() -> None:
        watch.brokers.append(Scalar("heart_rate", 70.0, T0))
        watch.brokers.append(Event("contact", T0))  # shut again where nobody could hear it
        await watch.until(lambda: watch.worker.counters()["watched"] > 0)
        await watch.turns(2)
        watch.brokers.are_away = True
        await watch.turns(2)
        watch.brokers.append(Event("contact", T0 + MINUTE_MS, "off"))
        await watch.turns(60, step_ms=3 * MINUTE_MS)
        assert watch.told() == []
        watch.brokers.are_away = False
        watch.brokers.append(Scalar("heart_rate", 70.0, watch.site.clock.now_ms()))
        await watch.turns()
        assert watch.told() == []
        await watch.until(lambda: bool(watch.told()), step_ms=5 * SECOND_MS)  # from now on silence is silence
        assert kinds(watch) == ["device_silent"]

    watch.run(test)


def test_nobody_is_silent_though_another_device_is_heard_first(watch: Watch) -> None:
    """The first message after the break lets time pass for everybody: nobody else has been heard by then."""

    async def test() -> None:
        watch.brokers.append(Scalar("heart_rate", 70.0, T0))
        await watch.turns(2)
        watch.brokers.are_away = True
        await watch.turns(2)
        await watch.turns(20, step_ms=3 * MINUTE_MS)
        watch.brokers.append(Scalar("heart_rate", 70.0, watch.site.clock.now_ms()), device_id="w-2")
        watch.brokers.are_away = False
        await watch.turns(20)
        assert "device_silent" not in kinds(watch)

    watch.run(test)


def test_ahead_of_a_backlog_the_same_holds() -> None:
    brokers = Brokers()
    for n in range(FAR_BYTES // 1_000):
        brokers.append(Scalar("heart_rate", 70.0, T0 + n))
    brokers.append(Event("fall_suspected", T0 + 10 * SECOND_MS))
    lane = ReadAhead(BrokerReader(brokers, record_bytes=1_000), discover())
    assert [one.finding.kind for one in lane.look(10, T0 + 10 * SECOND_MS)] == ["fall_suspected"]
    brokers.are_away = True
    found = [one for s in range(11, 120) for one in lane.look(10, T0 + s * SECOND_MS)]
    assert [(one.finding.kind, one.finding.priority.name) for one in found] == [("fall_suspected", "HIGH")]


def test_who_did_not_ask_for_a_while_has_not_lost_the_brokers() -> None:
    """While the database is away nothing is read, and nothing heard."""
    brokers = Brokers()
    unheard = Unheard(BrokerReader(brokers))
    brokers.are_away = True
    assert unheard.look(T0, came=True) == 0
    assert unheard.look(T0 + HOUR_MS, came=False) == 0
    assert unheard.is_so
    assert not unheard.is_long
    unheard.look(T0 + HOUR_MS + LONG_MS, came=False)
    assert unheard.is_long
    brokers.are_away = False
    assert unheard.look(T0 + HOUR_MS + LONG_MS + SECOND_MS, came=False) == LONG_MS + SECOND_MS
    assert not unheard.is_so
