"""Two switchboards before one database: what one door does when the other, or the database, does not answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from anhu.contract.clock import SystemClock
from anhu.registry.database import open_engine, open_sessions
from anhu.registry.tables import Base
from gateway.doors.door_watch import DoorWatch
from gateway.doors.switchboard import Switchboard
from gateway.line_register import DatabaseLines
from gateway.lines import Claim, DoorRow, Gone, Held, Line, Ousted

LINE = Line.of("w-1", "mqtt", "w-1")
WITHIN_S = 60.0
TABLES = ("front_door", "device_line", "ousted_line", "door_duty")


class Book(DatabaseLines):
    """The real one, until the database is away."""

    is_away = False

    def claim(self, door: str, claims: Sequence[Claim], now_ms: int) -> Sequence[Held]:
        if self.is_away:
            raise OSError("the database is away")
        return super().claim(door, claims, now_ms)

    def ousted(self, door: str, limit: int) -> Sequence[Ousted]:
        if self.is_away:
            raise OSError("the database is away")
        return super().ousted(door, limit)


class Holder:
    """Whoever holds the lines of a door."""

    def __init__(self) -> None:
        self.here: set[Line] = set()
        self.lost: list[Ousted] = []

    def ousted(self, one: Ousted) -> bytes | None:
        self.lost.append(one)
        self.here.discard(one.line)
        return b"at last"

    def has(self, line: Line) -> bool:
        return line in self.here


class Door:
    """One door."""

    def __init__(self, url: str, name: str) -> None:
        self.book = Book(open_sessions(url))
        self.board = Switchboard(self.book, name, SystemClock())
        self.holder = Holder()
        self.board.serve("mqtt", self.holder)
        self.task: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        await self.board.start()
        self.task = asyncio.create_task(self.board.run())

    async def take(self, *, clean: bool = False) -> Held:
        held = await self.board.claim(LINE, clean=clean)
        self.holder.here.add(LINE)
        return held

    async def end(self) -> None:
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)
        await self.board.close()


async def _until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not condition():  # noqa: ASYNC110 - of other tasks
            await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def _nobody_is_in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.doors.switchboard._CLAIM_WITHIN_S", WITHIN_S)
    monkeypatch.setattr("gateway.doors.switchboard._LET_GO_WITHIN_S", WITHIN_S)


@pytest.fixture
def play(tmp_path: Path) -> Callable[[Callable[[Door, Door], Awaitable[None]]], None]:
    url = f"sqlite:///{tmp_path / 'anhu.db'}"
    engine = open_engine(url)
    Base.metadata.create_all(engine, [Base.metadata.tables[one] for one in TABLES])
    engine.dispose()

    def run(test: Callable[[Door, Door], Awaitable[None]]) -> None:
        async def live() -> None:
            first, second = Door(url, "door-1"), Door(url, "door-2")
            await first.begin()
            await second.begin()
            try:
                await test(first, second)
            finally:
                await first.end()
                await second.end()

        asyncio.run(live())

    return run


Play = Callable[[Callable[[Door, Door], Awaitable[None]]], None]


def test_a_line_is_let_go_before_it_is_used_elsewhere(play: Play) -> None:
    async def test(first: Door, second: Door) -> None:
        await first.take()
        held = await second.take()
        assert first.holder.lost == [Ousted(LINE, 2, clean=False)]
        assert held.kept == b"at last"
        assert held.from_door == first.board.door
        assert second.board.holds(held)
        assert not first.board.is_mine(LINE)

    play(test)


def test_a_door_that_began_since_the_others_were_looked_at_is_waited_for_too(play: Play) -> None:
    async def test(first: Door, second: Door) -> None:
        await second.take()
        held = await first.take()
        assert held.from_door == second.board.door, "which began when the first had looked"
        assert held.kept == b"at last"

    play(test)


def test_what_a_client_kept_that_went_and_came_in_elsewhere_at_once_is_not_lost(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test(first: Door, second: Door) -> None:
        held = await first.take()
        monkeypatch.setattr(first.holder, "ousted", lambda _one: None)
        assert first.task is not None
        first.task.cancel()
        taken = asyncio.create_task(second.take())
        await _until(lambda: second.board.is_mine(LINE))
        first.task = asyncio.create_task(first.board.run())
        first.board.leave(LINE, held.epoch, b"as it went", SystemClock().now_ms() + 60_000, broke=True)
        assert (await taken).kept == b"as it went"

    play(test)


def test_a_door_that_does_not_answer_is_waited_for_once(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.doors.switchboard._LET_GO_WITHIN_S", 0.3)

    async def test(first: Door, second: Door) -> None:
        await first.take()
        assert first.task is not None
        first.task.cancel()
        held = await second.take()
        assert held.epoch == 2
        assert second.board.counters.lines_unanswered == 1
        assert not second.board.watch.is_alive(first.board.door)

    play(test)


def test_what_a_door_says_after_it_lost_a_line_is_not_believed(play: Play) -> None:
    async def test(first: Door, second: Door) -> None:
        held = await first.take()
        await second.take()
        gone: list[Gone] = []
        first.board.leave(LINE, held.epoch, b"", 0, broke=True, then=gone.append)
        await _until(lambda: gone)
        assert gone == [Gone(was_ours=False, is_elsewhere=True, breaks=0)]
        assert second.board.is_mine(LINE)

    play(test)


def test_without_a_database_devices_come_in_and_their_lines_are_taken_later(play: Play) -> None:
    async def test(first: Door, second: Door) -> None:
        first.book.is_away = True
        held = await first.take()
        assert held.epoch == 0
        assert first.board.holds(held)
        assert first.board.counters.lines_unclaimed == 1
        again = await first.board.claim(Line.of("w-2", "mqtt"))
        assert again.epoch == 0, "nobody waits for a database that is known to be away"
        first.book.is_away = False
        await _until(lambda: first.board.health()["lines_waiting"] == 0)
        assert (await second.take()).from_door == first.board.door

    play(test)


def test_a_younger_connection_elsewhere_goes_before_one_that_could_not_be_claimed(play: Play) -> None:
    async def test(first: Door, second: Door) -> None:
        first.book.is_away = True
        await first.take()
        await asyncio.sleep(0.01)
        await second.take()
        first.book.is_away = False
        await _until(lambda: first.holder.lost)
        assert second.board.is_mine(LINE)
        assert not first.board.is_mine(LINE)

    play(test)


def test_a_claim_whose_connection_went_is_given_back_in_time(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.doors.switchboard._AUDIT_S", 0.3)

    async def test(first: Door, second: Door) -> None:
        await first.board.claim(LINE)
        await _until(lambda: not first.board.is_mine(LINE))
        await _until(lambda: first.board.health()["lines_waiting"] == 0)
        assert (await second.take()).from_door == ""

    play(test)


class Beats:
    """What stands written of the doors."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.rows = {"a": DoorRow("a", 1, ended=False), "b": DoorRow("b", 1, ended=False)}
        self.is_known = True

    def beat(self, door: str, *, is_first: bool = False) -> bool:
        self.rows[door] = self.rows[door]._replace(beat=self.rows[door].beat + 1)
        return self.is_known or is_first

    def doors(self) -> Sequence[DoorRow]:
        return list(self.rows.values())

    def duties(self, _door: str, names: Sequence[str], _dead: object) -> Sequence[str]:
        return names


def _watch() -> tuple[Beats, DoorWatch]:
    beats = Beats()
    watch = DoorWatch(beats, "a", lambda: beats.now_s)  # type: ignore[arg-type]  # what a watch asks of it
    watch.want("poll")
    watch.begin()
    return beats, watch


def _pass(beats: Beats, watch: DoorWatch, for_s: int, *, b_lives: bool = False) -> None:
    for _ in range(for_s // 2):
        beats.now_s += 2.0
        if b_lives:
            beats.beat("b")
        watch.look()


def test_a_door_is_dead_when_it_was_seen_to_stand_still() -> None:
    beats, watch = _watch()
    _pass(beats, watch, 30, b_lives=True)
    assert watch.is_alive("b")
    _pass(beats, watch, 6)
    assert not watch.is_alive("b")
    assert watch.dead() == []
    _pass(beats, watch, 6)
    assert watch.dead() == ["b"]
    assert watch.dead(30.0) == []


def test_who_was_away_himself_holds_nobody_for_dead_by_it() -> None:
    beats, watch = _watch()
    _pass(beats, watch, 4, b_lives=True)
    beats.now_s += 3_600.0
    assert not watch.has("poll"), "and does nothing for others until he has looked"
    watch.look()
    assert watch.dead() == []
    assert watch.has("poll")


def test_a_door_that_the_others_forgot_hears_it() -> None:
    beats, watch = _watch()
    beats.is_known = False
    _pass(beats, watch, 4)
    assert watch.is_given_up
