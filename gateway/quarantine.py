"""Devices that nobody registered: what they say is kept, bounded, until somebody adopts them; a call is heard at once.

A door that meets a stranger hands over the frame and who it says it is, and is called back as for any other message::

    quarantine.take(frame, Stranger(said="860000000000001", codec="setracker", address="203.0.113.7"), done, token)

No error: it is on disk, answer as if it were known. `QuarantineRefusedError`: it is not kept and sending it again is in
vain (`Disposition.REJECTED`). Any other error: send it again (`Disposition.RELEASED`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import NamedTuple

from anhu.contract.allowance import Allowance, Rate
from anhu.contract.clock import Clock
from anhu.contract.errors import AnhuError
from anhu.contract.printable import printable
from anhu.contract.proxies import address_group
from gateway.codec import Frame
from gateway.directory import NoteBook
from gateway.doors.note_writer import NoteWriter
from gateway.group_commit import Done
from gateway.intake import Intake
from gateway.shut_out import ShutOut
from gateway.stranger import MOST_SAID_CHARS, MOST_SOURCE_CHARS, Held, PassedBy, Stranger, StrangerRegister
from gateway.stranger_calls import StrangerCalls

_logger = logging.getLogger(__name__)
MESSAGES = Rate(1_000, 600)
"""Of one product or address: what is kept. A flood of more is counted."""
CALLS_KEPT = Rate(100, 60)
"""Those that read like a call have room of their own, which no flood of others takes."""
ALL_MESSAGES = Rate(5_000, 3_000)
"""Of all sources together."""
_MOST_SOURCES = 10_000
_MOST_PENDING = 4_096
_MOST_PENDING_BYTES = 8 * 1_048_576
_MOST_BATCH = 500


class QuarantineRefusedError(AnhuError):
    """There is no room for it: it is counted, and not kept."""


class QuarantineBusyError(AnhuError):
    """Too much waits to be written: it should be sent again."""


@dataclass(slots=True)
class QuarantineCounters:
    """Counts since the start. [messages].

    Attributes
    ----------
    kept, refused, busy : int
        Written; no room by the limits; not written because too much waited or the database failed.
    calls : int
        Read like a call for help: whatever became of them, the desks were told.
    logins : int
        Log-ins under a name that nobody has.
    """

    kept: int = 0
    refused: int = 0
    busy: int = 0
    calls: int = 0
    logins: int = 0


class _Share(NamedTuple):
    """What one source has left."""

    messages: Allowance
    calls: Allowance


class _Shares:
    """What each source, and all together, may still have kept."""

    def __init__(self, now_ms: int) -> None:
        self._all = Allowance.full(ALL_MESSAGES, now_ms)
        self._of_source: dict[str, _Share] = {}

    def takes(self, source: str, now_ms: int, *, is_call: bool) -> bool:
        """Use one up; false when none is left. [ms]."""
        share = self._of_source.get(source)
        if share is None:
            if len(self._of_source) >= _MOST_SOURCES:
                del self._of_source[next(iter(self._of_source))]
            fresh = _Share(Allowance.full(MESSAGES, now_ms), Allowance.full(CALLS_KEPT, now_ms))
            share = self._of_source[source] = fresh
        return share.calls.takes(now_ms) if is_call else share.messages.takes(now_ms) and self._all.takes(now_ms)


class Quarantine:
    """Takes what strangers say, from every door.

    Parameters
    ----------
    intake : Intake
        Has calls told through the LOG.
    register : StrangerRegister
        Where the rest waits for somebody to adopt the device.
    notes : NoteBook, optional
        Of the pages of devices that are switched off.

    Attributes
    ----------
    shut_out : ShutOut
        Takes what registered devices say that are switched off.
    """

    def __init__(self, intake: Intake, register: StrangerRegister, clock: Clock, notes: NoteBook | None = None) -> None:
        self._intake, self._register, self._clock = intake, register, clock
        self._calls = StrangerCalls(intake.codecs)
        self.shut_out = ShutOut(intake, self._calls, clock.now_ms())
        self._shares = _Shares(clock.now_ms())
        self._pending, self._pending_bytes = list[Held](), 0
        self._passed: dict[str, PassedBy] = {}
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="quarantine")
        self._notes = NoteWriter(self.shut_out.aside, notes, self._executor, clock) if notes is not None else None
        self._writer: asyncio.Task[None] | None = None
        self._counters = QuarantineCounters()

    def counters(self) -> Mapping[str, int]:
        """Return what became of strangers' messages since the start, by name."""
        return asdict(self._counters) | asdict(self.shut_out.counters)

    def take(self, frame: Frame, stranger: Stranger, done: Done, token: object = None) -> None:
        """Keep a stranger's message; ``done(token, error)`` is called once it is on disk, or will not be.

        One that reads like a call for help is told to every desk, whether or not there is room for it.
        """
        now_ms, source = frame.received_at_ms, stranger.source(frame.door.value)
        call = self._calls.of(frame, stranger.codec, source)
        fits = self._shares.takes(source, now_ms, is_call=call is not None)
        held = Held(stranger, frame, call is not None, done, token)
        if call is not None:
            self._counters.calls += 1
            told = self._calls.told(frame, stranger.device_id, source, call, product_id=stranger.product_id)
            if told is not None:
                self._intake.tell_of_stranger(*told, self._call_is_told, (held, source, fits))
                return
        self._keep(held, source, fits=fits)

    def note_login(self, user_name: str, address: str) -> None:
        """Take that somebody tried to log in under a name that nobody has: what they would say is not trusted."""
        self._counters.logins += 1
        now_ms = self._clock.now_ms()
        stranger = Stranger(said=user_name, address=address)
        self._pass(stranger, f"login {address_group(address)}"[:MOST_SOURCE_CHARS], now_ms)

    async def run(self, every_s: float = 2.0, tidy_every_s: float = 3_600.0) -> None:
        """Write down for ever what was only counted, and let go of what is too old."""
        loop, tidied_s = asyncio.get_running_loop(), 0.0
        while True:
            await asyncio.sleep(every_s)
            await self._write_counts()
            if loop.time() - tidied_s >= tidy_every_s:
                tidied_s = loop.time()
                try:
                    await loop.run_in_executor(self._executor, self._register.tidy, self._clock.now_ms())
                except Exception:
                    _logger.exception("what is too old in quarantine could not be let go")

    async def aclose(self) -> None:
        """Wait until everything taken, and counted, is written."""
        await self._write_counts()
        while self._writer is not None:
            await self._writer
        self._executor.shutdown(wait=False)

    async def _write_counts(self) -> None:
        if self._passed and self._writer is None:
            self._wake()
        if self._notes is not None:
            await self._notes.write()

    def _call_is_told(self, about: tuple[Held, str, bool], error: Exception | None) -> None:
        held, source, fits = about
        if error is not None:
            self._counters.busy += 1
            held.done(held.token, error)
            return
        self._keep(held, source, fits=fits)

    def _keep(self, held: Held, source: str, *, fits: bool) -> None:
        if not fits:
            self._refuse(held, source)
            return
        size = len(held.frame.payload)
        if len(self._pending) >= _MOST_PENDING or self._pending_bytes + size > _MOST_PENDING_BYTES:
            self._counters.busy += 1
            held.done(held.token, QuarantineBusyError("too much waits to be written"))
            return
        self._pending.append(held)
        self._pending_bytes += size
        if self._writer is None:
            self._wake()

    def _refuse(self, held: Held, source: str) -> None:
        self._counters.refused += 1
        self._pass(held.stranger, source, held.frame.received_at_ms)
        error = None if held.is_call else QuarantineRefusedError("there is no room for more of this source")
        held.done(held.token, error)  # a call was told: whoever sent it has done what it could

    def _pass(self, stranger: Stranger, source: str, now_ms: int) -> None:
        if source not in self._passed and len(self._passed) >= _MOST_SOURCES:
            source = "others"
        times = self._passed[source].messages + 1 if source in self._passed else 1
        said = printable(stranger.said[:MOST_SAID_CHARS])[:MOST_SAID_CHARS]
        self._passed[source] = PassedBy(source, times, said, now_ms)

    def _wake(self) -> None:
        self._writer = asyncio.get_running_loop().create_task(self._write_all(), name="quarantine")

    async def _write_all(self) -> None:
        try:
            while self._pending or self._passed:
                await self._write_batch()
        finally:
            self._writer = None

    async def _write_batch(self) -> None:
        batch, self._pending = self._pending[:_MOST_BATCH], self._pending[_MOST_BATCH:]
        self._pending_bytes = sum(len(one.frame.payload) for one in self._pending)
        passed, self._passed = self._passed, {}
        write: Callable[[Sequence[Held], Sequence[PassedBy]], Sequence[bool]] = self._register.write
        try:
            loop = asyncio.get_running_loop()
            found = await loop.run_in_executor(self._executor, write, batch, list(passed.values()))
        except Exception as error:
            _logger.exception("what strangers said could not be written; they are asked to send it again")
            self._counters.busy += len(batch)
            for one in batch:
                one.done(one.token, error)
            await asyncio.sleep(1.0)  # whoever sends again at once must not make this a busy loop
            return
        for one, kept in zip(batch, found, strict=True):
            if kept:
                self._counters.kept += 1
                one.done(one.token, None)
            else:
                self._refuse(one, one.stranger.source(one.frame.door.value))
