"""A shard that was paused and replaced writes nothing more, whatever it is about to write."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session, sessionmaker

from alerts.detectors import discover
from alerts.engine.resident_finding import ResidentFinding
from alerts.fence import fenced, seize
from alerts.tables import Alert, ConsumerState, NobodysCall
from alerts.versions import discover_versions
from alerts.worker import AlertWorker
from anhu.contract.clock import HOUR_MS, ManualClock
from anhu.contract.observation import Event
from anhu.contract.record import Reading, encode_record
from anhu.log.partition import consumer_name
from anhu.registry.database import close_sessions, engine_of, open_sessions
from anhu.registry.devices import create_device
from anhu.registry.migrations import upgrade
from anhu.registry.organisations import create_centre
from anhu.registry.residents import create_resident
from anhu.registry.shard_leases import FencedError
from tests.parted_log import PartedLog, PartedLogReader

T0 = 1_795_300_000_000
CENTRE, HOME, PARTITIONS = "c-1", 2, 4
"""``c-1`` lies in partition 2 of 4."""
CONSUMER = consumer_name("alerts", HOME, PARTITIONS)
DETECTORS, VERSIONS = discover(), discover_versions()


class Site:
    """One resident of a centre, whose partition several shards believe to have one after the other."""

    def __init__(self, url: str) -> None:
        self.sessions: sessionmaker[Session] = open_sessions(url)
        self.clock = ManualClock(T0)
        self.log = PartedLog(PARTITIONS)
        with self.sessions.begin() as session:
            create_centre(session, name="Desk", centre_id=CENTRE)
            create_resident(session, name="Li", now_ms=T0, resident_id="r-1", centre_id=CENTRE)
            create_device(session, device_id="w-1", codec="open_json", now_ms=T0, resident_id="r-1", report_period_s=60)
            create_device(session, device_id="w-2", codec="open_json", now_ms=T0)

    def say(self, kind: str, at_ms: int, device_id: str = "w-1", resident_id: str = "r-1") -> None:
        record = encode_record(Reading(device_id, resident_id, at_ms, (Event(kind, at_ms),)))
        self.log.put([(CENTRE, record)])

    def shard(self, epoch: int) -> AlertWorker:
        """Return the worker of a new owner, come back."""
        reader, ahead = (PartedLogReader(self.log, "alerts", HOME) for _ in range(2))
        seize(self.sessions, CONSUMER, epoch, begins_at=reader.committed)
        worker = AlertWorker(
            reader, ahead, fenced(self.sessions, CONSUMER, epoch), DETECTORS, self.clock,
            versions=VERSIONS, partition=HOME, partitions=PARTITIONS,
        )  # fmt: skip
        worker._recovery.find_position()
        worker._recovery.recover()
        worker._position = worker._recovery.position
        return worker

    def alerts(self) -> list[tuple[str, int]]:
        with self.sessions.begin() as session:
            return [(one.kind, one.repeats) for one in session.scalars(select(Alert).order_by(Alert.raised_at_ms))]


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path: object) -> Iterator[Site]:
    url = f"sqlite:///{tmp_path}/anhu.db"
    if request.param == "postgresql":
        copy_of: Callable[[Callable[[str], None]], str] = request.getfixturevalue("postgres_copy")
        url = copy_of(upgrade)
    else:
        upgrade(url)
    made = Site(url)
    yield made
    close_sessions(made.sessions)


def _read(worker: AlertWorker) -> list[ResidentFinding]:
    worker._take(worker._reader.read())
    return worker._pending


def test_what_a_paused_shard_found_is_told_once_and_by_its_successor(site: Site) -> None:
    site.say("sos", T0)
    paused = site.shard(1)
    assert _read(paused)  # decided, and frozen before it is stored
    successor = site.shard(2)
    assert _read(successor)
    successor._store()
    with pytest.raises(FencedError):
        paused._store()
    assert site.alerts() == [("sos", 0)]


def test_what_was_stored_before_the_replacement_is_not_told_again(site: Site) -> None:
    site.say("sos", T0)
    paused = site.shard(1)
    _read(paused)
    paused._store()
    successor = site.shard(2)
    assert not _read(successor)
    assert successor._reader.backlog_bytes == 0


def test_an_older_owner_cannot_take_the_row_back(site: Site) -> None:
    site.shard(2)
    with pytest.raises(FencedError):
        seize(site.sessions, CONSUMER, 1, begins_at=0)
    with site.sessions.begin() as session:
        assert session.scalars(select(ConsumerState.epoch)).all() == [2]


def _store(worker: AlertWorker) -> None:
    _read(worker)
    worker._store()


def _store_ahead(worker: AlertWorker) -> None:
    _read(worker)
    worker._keeper.store_ahead(worker._pending)


def _snapshot(worker: AlertWorker) -> None:
    worker._keeper.write_down_now(worker._engine, worker._position)
    worker._store()


def _nobodys(worker: AlertWorker) -> None:
    _read(worker)
    asyncio.run(worker._nobodys.store(asyncio.Event()))


def _watched(worker: AlertWorker) -> None:
    async def an_hour() -> None:
        await worker._versions._watched.go_on(asyncio.Event(), worker.counts)
        worker._clock.set(T0 + HOUR_MS + 1)  # type: ignore[attr-defined] # a ManualClock
        await worker._versions._watched.go_on(asyncio.Event(), worker.counts)

    asyncio.run(an_hour())


def _rule_states(worker: AlertWorker) -> None:
    asyncio.run(worker._versions._states.go_on(asyncio.Event(), worker.counts))


def _rest(worker: AlertWorker) -> None:
    worker._keeper.find_position()


def _end(worker: AlertWorker) -> None:
    asyncio.run(worker._end(asyncio.Event()))


WRITES: dict[str, Callable[[AlertWorker], None]] = {
    "findings and position": _store,
    "what was found ahead": _store_ahead,
    "the snapshot": _snapshot,
    "what left": lambda worker: worker._keeper.end_what_left(has_changed=True),
    "nobody's calls": _nobodys,
    "who was watched": _watched,
    "what each rule does": _rule_states,
    "what people chose": lambda worker: worker._follow_directory(),
    "a rest": _rest,
    "the last of all": _end,
}


@pytest.mark.parametrize("what", [name for name in WRITES if name != "a rest"])
def test_no_write_of_a_replaced_shard_comes_through(site: Site, what: str) -> None:
    site.say("sos", T0)
    site.say("sos", T0, "w-2", "")
    paused = site.shard(1)
    seize(site.sessions, CONSUMER, 2, begins_at=0)
    with pytest.raises(FencedError):
        WRITES[what](paused)
    assert not site.alerts()
    with site.sessions.begin() as session:
        assert not session.scalars(select(NobodysCall)).all()


def test_a_worker_writes_in_no_transaction_that_did_not_ask_first(site: Site) -> None:
    """Whatever is written some day: a statement that writes comes after the question whose the position is."""
    asked: set[int] = set()
    wrote: list[str] = []

    def note(connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        words = statement.split(None, 1)[0].upper()
        if "consumer_state.epoch" in statement and words == "SELECT":
            asked.add(id(connection))
        elif words in {"INSERT", "UPDATE", "DELETE"}:
            wrote.append(statement)
            assert id(connection) in asked, statement

    worker = site.shard(1)
    engine = engine_of(site.sessions)
    event.listen(engine, "before_cursor_execute", note)
    for over in ("commit", "rollback"):
        event.listen(engine, over, lambda connection: asked.discard(id(connection)))
    site.say("sos", T0)
    site.say("sos", T0, "w-2", "")
    for write in WRITES.values():
        write(worker)
    assert {"alert", "consumer_state", "consumer_snapshot", "nobodys_call", "resident_rules"} <= {
        statement.split()[1 if statement.startswith("UPDATE") else 2].strip('"') for statement in wrote
    }
