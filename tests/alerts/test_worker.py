from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from alerts.detectors import discover
from alerts.engine.engine import Engine
from alerts.engine.watched_device import WatchedDevice
from alerts.keeper import Keeper
from alerts.progress import LostPositionError
from alerts.tables import Alert, ConsumerState
from alerts.worker import AlertWorker
from anhu.contract.clock import ManualClock
from anhu.contract.observation import Event, Observation, Scalar
from anhu.contract.record import Reading, bundled, encode_record
from anhu.log.embedded.reader import EmbeddedLogReader
from anhu.log.embedded.writer import EmbeddedLogWriter
from anhu.outbox.tables import Outbox
from anhu.registry.contacts import create_contact
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.devices import create_device
from anhu.registry.migrations import upgrade
from anhu.registry.organisations import create_centre
from anhu.registry.residents import create_resident

T0 = 1_795_300_000_000
Sessions = sessionmaker[Session]
DETECTORS = discover()


class Site:
    """A database with one resident and one device, a LOG, and the worker between them."""

    def __init__(self, folder: Path) -> None:
        url = f"sqlite:///{folder / 'anhu.db'}"
        upgrade(url)
        self.sessions = open_sessions(url)
        self.clock = ManualClock(T0)
        self.log = folder / "log"
        with self.sessions.begin() as session:
            create_centre(session, name="Desk", centre_id="c-1")
            create_resident(session, name="Li", now_ms=T0, resident_id="r-1", centre_id="c-1")
            create_device(session, device_id="w-1", codec="open_json", now_ms=T0, resident_id="r-1", report_period_s=60)
            create_contact(session, owner_kind="centre", owner_id="c-1", channel="webhook", address="desk")

    async def append(self, *readings: Reading) -> None:
        writer = EmbeddedLogWriter(self.log)
        await writer.append_many([("", entry) for entry in bundled(map(encode_record, readings))])
        await writer.aclose()

    def work(self, until: Callable[[], bool], *readings: Reading) -> Mapping[str, float]:
        """Run the worker until a condition holds, stop it as a shutdown does, and return its counters."""
        return asyncio.run(self._work(until, readings))

    async def _work(self, until: Callable[[], bool], readings: Sequence[Reading]) -> Mapping[str, float]:
        await self.append(*readings)
        reader, ahead = (EmbeddedLogReader(self.log, "alerts") for _ in range(2))
        worker = AlertWorker(reader, ahead, self.sessions, DETECTORS, self.clock)
        stop = asyncio.Event()
        running = asyncio.create_task(worker.run(stop))
        await _eventually(until, running)
        stop.set()
        await running
        counters = worker.counters()
        reader.close()
        ahead.close()
        return counters

    def alerts(self) -> list[tuple[str, int]]:
        with self.sessions.begin() as session:
            return [(a.kind, a.repeats) for a in session.scalars(select(Alert).order_by(Alert.raised_at_ms))]


async def _eventually(until: Callable[[], bool], running: Awaitable[None]) -> None:
    for _ in range(1_000):
        if until() or running.done():  # type: ignore[attr-defined]
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never happened")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    close_sessions(made.sessions)


def one(observation: Observation) -> Reading:
    return Reading("w-1", "r-1", observation.observed_at_ms, (observation,))


def low_oxygen(start_ms: int, count: int) -> list[Reading]:
    return [one(Scalar("spo2", 84.0, start_ms + i * 20_000)) for i in range(count)]


def test_a_call_in_the_log_becomes_an_alert_and_a_page(site: Site) -> None:
    site.work(lambda: bool(site.alerts()), one(Event("sos", T0)))
    assert site.alerts() == [("sos", 0)]
    with site.sessions.begin() as session:
        assert session.scalars(select(Outbox.reason)).all() == ["raised"]


def test_nothing_is_raised_twice_by_a_restart(site: Site) -> None:
    site.work(lambda: bool(site.alerts()), one(Event("sos", T0)))
    counters = site.work(lambda: len(site.alerts()) == 2, one(Event("smoke", T0 + 1_000)))
    assert site.alerts() == [("sos", 0), ("smoke", 0)]
    assert counters["readings"] == 1


def test_an_excursion_goes_on_across_a_restart(site: Site) -> None:
    readings = low_oxygen(T0 + 1_000, 5)
    counters = site.work(lambda: _stored(site), *readings[:2])
    assert counters["readings"] == 2
    site.work(lambda: bool(site.alerts()), *readings[2:])
    assert site.alerts() == [("spo2_low", 0)]


def _stored(site: Site) -> bool:
    site.clock.forward(500)
    with site.sessions.begin() as session:
        row = session.get(ConsumerState, "alerts")
        return row is not None and row.position > 0


def _messages(site: Site) -> int:
    with site.sessions.begin() as session:
        return len(session.scalars(select(Outbox.id)).all())


def test_a_crash_after_the_snapshot_loses_no_excursion(site: Site) -> None:
    """Kill between two snapshots: the state in between is read again from the LOG, its findings are not repeated."""
    asyncio.run(_crash(site, [one(Event("sos", T0)), *low_oxygen(T0 + 1_000, 3)]))
    assert site.alerts() == [("sos", 0)]
    counters = site.work(lambda: len(site.alerts()) == 2, *low_oxygen(T0 + 61_000, 2))
    assert site.alerts() == [("sos", 0), ("spo2_low", 0)]
    assert counters["replayed"] == 4


def test_a_crash_before_the_first_snapshot_forgets_nothing(site: Site) -> None:
    """The engine was told of smoke and killed; the air that is clear again is the end of that."""
    asyncio.run(_crash(site, [one(Event("smoke", T0, "on"))], before_the_first=True))
    assert site.alerts() == [("smoke", 0)]
    site.work(lambda: not _smokes(site), one(Event("smoke", T0 + 30_000, "off")))
    assert not _smokes(site)


def _smokes(site: Site) -> bool:
    with site.sessions.begin() as session:
        return session.scalars(select(Alert.condition)).one() == "present"


async def _crash(site: Site, readings: list[Reading], *, before_the_first: bool = False) -> None:
    """Store a first snapshot or none, then findings without one, then vanish."""
    await site.append()
    reader = EmbeddedLogReader(site.log, "alerts")
    worker = AlertWorker(reader, reader, site.sessions, DETECTORS, site.clock)
    worker._recovery.recover()
    if not before_the_first:
        worker._keeper.write_down_now(worker._engine, worker._position)
        worker._store()
    await site.append(*readings)
    worker._take(reader.read())
    worker._store()
    reader.close()


def test_a_call_for_help_does_not_wait_for_the_engine_to_come_back(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    real_start, real_store, told = Engine.start, Keeper.store_ahead, threading.Event()
    paged: list[int] = []

    def store(*given: object) -> None:
        real_store(*given)  # type: ignore[arg-type] # as it was called
        told.set()

    def start_late(engine: Engine, devices: Iterable[WatchedDevice], raw: bytes) -> None:
        assert told.wait(20), "the call waits for the engine"
        assert site.alerts() == [("sos", 0)]
        paged.append(_messages(site))
        real_start(engine, devices, raw)

    monkeypatch.setattr(Keeper, "store_ahead", store)
    monkeypatch.setattr(Engine, "start", start_late)
    counters = site.work(lambda: _stored(site), one(Event("sos", T0)))
    assert counters["express_findings"] == 1
    assert [kind for kind, _ in site.alerts()] == ["sos"]
    assert paged == [_messages(site)]
    assert paged[0]


def test_a_database_that_is_down_delays_but_loses_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    real, failures = AlertWorker._store, iter(range(3))

    def failing(worker: AlertWorker) -> None:
        if next(failures, None) is not None:
            raise OperationalError("insert", {}, Exception("the server closed the connection"))
        real(worker)

    monkeypatch.setattr(AlertWorker, "_store", failing)
    monkeypatch.setattr("alerts.database_work._RETRY_S", (0.0,))
    counters = site.work(lambda: bool(site.alerts()), one(Event("sos", T0)))
    assert site.alerts() == [("sos", 0)]
    assert counters["database_errors"] == 3


def test_a_second_engine_on_the_same_database_stops(site: Site) -> None:
    async def both() -> None:
        await site.append(one(Event("sos", T0)))
        readers = [EmbeddedLogReader(site.log, name) for name in ("alerts", "alerts-2")]
        workers = [AlertWorker(reader, reader, site.sessions, DETECTORS, site.clock) for reader in readers]
        for worker, reader in zip(workers, readers, strict=True):
            worker._recovery.recover()
            worker._take(reader.read())
        workers[0]._store()
        with pytest.raises(LostPositionError):
            workers[1]._store()
        for reader in readers:
            reader.close()

    asyncio.run(both())
    assert site.alerts() == [("sos", 0)]


def test_a_new_device_is_known_without_a_restart(site: Site) -> None:
    def enrolled_and_silent() -> bool:
        if not enrolled:
            enrolled.append(True)
            with site.sessions.begin() as session:
                create_device(
                    session, device_id="b-1", codec="open_json", now_ms=T0, resident_id="r-1", report_period_s=60
                )
        site.clock.forward(5_000)
        return ("device_silent", 1) in site.alerts()

    enrolled: list[bool] = []
    site.work(enrolled_and_silent, one(Scalar("heart_rate", 70.0, T0)))
    assert site.alerts() == [("device_silent", 1)]


def test_a_record_that_cannot_be_read_is_counted_and_passed(site: Site) -> None:
    async def rubbish() -> None:
        writer = EmbeddedLogWriter(site.log)
        await writer.append_many([("", b"\xc1 not a record")])
        await writer.aclose()

    asyncio.run(rubbish())
    counters = site.work(lambda: bool(site.alerts()), one(Event("sos", T0)))
    assert counters["unreadable_records"] == 1


def test_a_finding_that_the_database_refuses_holds_up_no_other(site: Site) -> None:
    async def refused() -> None:
        await site.append(one(Event("sos", T0)))
        reader = EmbeddedLogReader(site.log, "alerts")
        worker = AlertWorker(reader, reader, site.sessions, DETECTORS, site.clock)
        worker._recovery.recover()
        worker._take(reader.read())
        bad = msgspec.structs.replace(worker._pending[0].finding, kind=None)
        worker._pending.insert(0, worker._pending[0]._replace(finding=bad))
        worker._store()
        assert worker.counters()["refused_findings"] == 1
        reader.close()

    asyncio.run(refused())
    assert site.alerts() == [("sos", 0)]


def test_the_platforms_own_absence_alarms_for_nobody(site: Site) -> None:
    site.work(lambda: _stored(site), one(Scalar("heart_rate", 70.0, T0)))
    site.clock.set(T0 + 8 * 3_600_000)
    site.work(lambda: _stored(site))
    assert site.alerts() == []

    def silent_for_ten_minutes_more() -> bool:
        site.clock.forward(5_000)
        return bool(site.alerts())

    site.work(silent_for_ten_minutes_more)
    assert site.alerts() == [("device_silent", 0)]
    assert site.clock.now_ms() > T0 + 8 * 3_600_000 + 9 * 60_000


def test_a_clock_set_forward_by_hours_alarms_for_nobody(site: Site) -> None:
    def leapt() -> bool:
        if _stored(site) and not leaps:
            leaps.append(site.clock.forward(3 * 3_600_000))
            asyncio.get_running_loop().create_task(site.append(one(Event("sos", leaps[0]))))
        return ("sos", 0) in site.alerts()

    leaps: list[int] = []
    site.work(leapt, one(Scalar("heart_rate", 70.0, T0)))
    assert site.alerts() == [("sos", 0)]
