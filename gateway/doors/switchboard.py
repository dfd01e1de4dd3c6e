"""What the doors of one process know of those beside them: which lines are ours, which were taken, who is alive.

Everything goes in batches, off the loop. While the database does not answer nobody waits for it: devices are let in
without their lines, which are taken once it answers again, unless a younger connection elsewhere has them by then.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import TypeVar

from anhu.contract.clock import DAY_MS, Clock
from gateway.announced_elsewhere import AnnouncedElsewhere
from gateway.doors.claims import Claims
from gateway.doors.door_watch import DoorWatch
from gateway.doors.line_holder import LineHolder, SwitchboardCounters
from gateway.lines import Claim, Gone, Held, Left, Line, LineBook, Ousted

_logger = logging.getLogger(__name__)
_AT_ONCE = 500
_EVERY_S = 0.2
_CLAIM_WITHIN_S = 2.0
"""So long a log-in waits for the database. [s]"""
_LET_GO_WITHIN_S = 1.0
"""So long it waits for the door that held the device before. [s]"""
_AGAIN_S = 1.0
_AUDIT_S = 10.0
_AnswerT = TypeVar("_AnswerT")
Then = Callable[[Gone], None]


class Switchboard:
    """Lines of one gateway among several.

    Parameters
    ----------
    book : LineBook
        Where the doors write who holds what; its calls may block.
    name : str
        This door's, for people to read; two of one name are two doors all the same.

    announced : AnnouncedElsewhere, optional
        Fetches what a device announced at other doors.

    Attributes
    ----------
    door : str
        This run of it.
    watch : DoorWatch
        Which doors live, and which duties are ours.
    """

    def __init__(
        self,
        book: LineBook,
        name: str,
        clock: Clock,
        announced: AnnouncedElsewhere | None = None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._book, self._clock, self._now_s = book, clock, now_s
        self.announced = announced
        self.door = f"{name}/{secrets.token_hex(4)}"
        self._executor = ThreadPoolExecutor(3, thread_name_prefix="lines")
        self.watch = DoorWatch(book, self.door, now_s)
        self.counters = SwitchboardCounters()
        self._holders: dict[str, LineHolder] = {}
        self._mine: dict[Line, int] = {}
        self._claims = Claims(self._take, self._taken)
        self._left: list[tuple[Left, Then | None]] = []
        self._kept: dict[Line, bytes] = {}
        self._late: dict[Line, Claim] = {}
        self._awaited: dict[Line, asyncio.Future[bytes | None]] = {}
        self._fails_since_s: float | None = None
        self._idle: dict[Line, float] = {}
        self._audited: list[Line] = []

    def serve(self, way: str, holder: LineHolder) -> None:
        """Tell this door what becomes of its lines."""
        self._holders[way] = holder

    def health(self) -> Mapping[str, int]:
        """Return counts since the start, and how many lines are ours."""
        return asdict(self.counters) | {"lines": len(self._mine), "lines_waiting": len(self._left) + len(self._late)}

    async def start(self) -> None:
        """Say that this door is there."""
        await self._ask(self.watch.begin)

    async def run(self) -> None:
        """Go round for ever."""
        while True:
            await asyncio.sleep(_EVERY_S)
            try:
                await self._ask(self.watch.look)
                await self._round()
            except Exception:  # noqa: BLE001 - it is logged there, once
                self._failed("the doors beside this one cannot be asked")
                await asyncio.sleep(_AGAIN_S)

    async def claim(self, line: Line, *, clean: bool = False) -> Held:
        """Take a line for a connection that is about to be let in; `holds` tells right after whether it still stands.

        Where a living door holds the device it is given a moment to let it go: what it kept is whole then.
        """
        claim = Claim(line, self._clock.now_ms(), clean)
        if self._fails_since_s is not None:
            return self._unclaimed(claim)
        try:
            async with asyncio.timeout(_CLAIM_WITHIN_S):
                held = await asyncio.shield(self._claims.of(claim))
        except Exception:  # noqa: BLE001 - it is logged there, once
            self._failed("a line could not be taken in time")
            return self._unclaimed(claim)
        if held.from_door:
            self.counters.lines_taken += 1
            if self.watch.is_alive(held.from_door):
                held = await self._let_go_by_other(held, clean=clean)
        return held

    def holds(self, held: Held) -> bool:
        """Tell whether a line is still ours: another door may have taken it meanwhile."""
        return self._mine.get(held.line) == held.epoch or held.line in self._late

    def is_mine(self, line: Line) -> bool:
        """Tell whether a line is ours, as far as we know."""
        return line in self._mine or line in self._late

    def keep(self, line: Line, kept: bytes) -> None:
        """Write what is to be kept of a client's session, in a moment."""
        if line in self._mine:
            self._kept[line] = kept

    def leave(
        self,
        line: Line,
        epoch: int,
        kept: bytes | None,
        expires_at_ms: int,
        *,
        broke: bool,
        then: Then | None = None,
    ) -> None:
        """Give back a line that was held under an epoch; `then` is told what came of it, once that is known.

        `kept` is None where a connection came to nothing: what stands there of its client's session stays. [ms].
        """
        mine = self._mine.get(line, 0)
        if not epoch or epoch == mine:
            self._late.pop(line, None)
            self._mine.pop(line, None)
            self._kept.pop(line, None)
        self._left.append((Left(line, epoch or mine, kept, expires_at_ms, broke), then))

    async def close(self) -> None:
        """Write what is left, and say that this door ends. Its lines stay its own until other doors take them."""
        try:
            async with asyncio.timeout(_CLAIM_WITHIN_S):
                await self._write()
                await self._answer_ousted()
                await self._ask(self._book.ended, self.door)
        except Exception:  # noqa: BLE001 - it is logged there, once
            self._failed("what was left of lines could not be written")
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def _ask(self, call: Callable[..., _AnswerT], *args: object) -> _AnswerT:
        answer = await asyncio.get_running_loop().run_in_executor(self._executor, call, *args)
        self._fails_since_s = None
        return answer

    def _failed(self, what: str) -> None:
        self.counters.lines_failed += 1
        if self._fails_since_s is None:
            self._fails_since_s = self._now_s()
            _logger.error("%s; devices are let in without", what, exc_info=True)  # noqa: LOG014 - of who calls

    def _unclaimed(self, claim: Claim) -> Held:
        self.counters.lines_unclaimed += 1
        self._late[claim.line] = claim._replace(is_late=True)
        return Held(claim.line, 0)

    async def _take(self, claims: Sequence[Claim]) -> Sequence[Held]:
        return await self._ask(self._book.claim, self.door, claims, self._clock.now_ms())

    def _taken(self, held: Held) -> None:
        self._late.pop(held.line, None)
        self._mine[held.line] = held.epoch

    async def _let_go_by_other(self, held: Held, *, clean: bool) -> Held:
        answer = self._awaited.get(held.line)
        if answer is None:
            answer = self._awaited[held.line] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(_LET_GO_WITHIN_S):
                kept = await asyncio.shield(answer)
        except TimeoutError:
            self.counters.lines_unanswered += 1
            self.watch.is_slow(held.from_door)
            self._awaited.pop(held.line, None)
            return held
        return held if clean or kept is None else held._replace(kept=kept)

    async def _round(self) -> None:
        await self._answer_ousted()
        await self._hear_who_let_go()
        await self._write()
        if self._late:
            await self._claim_late()
        self._audit()

    async def _answer_ousted(self) -> None:
        while some := await self._ask(self._book.ousted, self.door, _AT_ONCE):
            left = {one.line: one.kept for one, _ in self._left}
            await self._ask(self._book.let_go, self.door, [(one, self._ousted(one, left)) for one in some])
            if len(some) < _AT_ONCE:
                return

    def _ousted(self, one: Ousted, left: Mapping[Line, bytes | None]) -> bytes | None:
        """Let a line go; `left` is what clients kept that went themselves, which is not written yet."""
        mine = self._mine.get(one.line, 0)
        if mine > one.epoch or one.line in self._late:  # it came back to us since
            return None
        self._mine.pop(one.line, None)
        self.counters.lines_lost += bool(mine)
        kept = self._kept.pop(one.line, left.get(one.line))
        holder = self._holders.get(one.line.way)
        said = holder.ousted(one) if holder is not None else None
        return None if one.clean else said if said is not None else kept

    async def _hear_who_let_go(self) -> None:
        if not self._awaited:
            return
        told = await self._ask(self._book.still_held, list(self._awaited)[:_AT_ONCE])
        for line, kept in told.items():
            if kept is not None and (answer := self._awaited.pop(line, None)) is not None and not answer.done():
                answer.set_result(kept)

    async def _write(self) -> None:
        """Write what changed since; what cannot be written waits for the next round."""
        now_ms = self._clock.now_ms()
        while self._left:
            some = self._left[:_AT_ONCE]
            gone = await self._ask(self._book.leave, self.door, [one for one, _ in some], now_ms)
            del self._left[: len(some)]
            for (_, then), what in zip(some, gone, strict=True):
                if then is not None:
                    then(what)
        while self._kept:
            lines = list(self._kept)[:_AT_ONCE]
            now = [(line, self._mine.get(line, 0), self._kept.pop(line)) for line in lines]
            try:
                await self._ask(self._book.keep, self.door, now)
            except Exception:
                self._kept = {line: kept for line, _, kept in now} | self._kept
                raise

    async def _claim_late(self) -> None:
        claims = list(self._late.values())[:_AT_ONCE]
        for held in await self._take(claims):
            if self._late.pop(held.line, None) is None:
                continue  # it went meanwhile, or was claimed anew
            if held.epoch:
                self._mine[held.line] = held.epoch
            else:
                self._mine.pop(held.line, None)
                self._ousted(Ousted(held.line, 0, clean=True), {})

    def _audit(self) -> None:
        """Give back what no connection stands for: a claim that was answered when its connection had gone."""
        self._audited = self._audited or list(self._mine)
        some, self._audited = self._audited[:_AT_ONCE], self._audited[_AT_ONCE:]
        for line in some:
            holder, epoch = self._holders.get(line.way), self._mine.get(line, 0)
            if not epoch or holder is None or holder.has(line):
                self._idle.pop(line, None)
            elif self._idle.setdefault(line, self._now_s()) < self._now_s() - _AUDIT_S:
                del self._idle[line]
                self.leave(line, epoch, None, self._clock.now_ms() + DAY_MS, broke=False)
