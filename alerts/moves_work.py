"""Residents who move between shards: the old one hands over what it remembers, the new one goes on with it.

The old shard goes on deciding until it has read what came before the move; doors follow a move within a second, so it
reads two more. The new one decides from the first message on, with no memory at first; what it heard meanwhile is read
once more after the memory has come. That raises nothing twice: an alert that is open is the same alert.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session, sessionmaker

from alerts import handovers
from alerts.engine.engine import Engine
from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.watched_device import WatchedDevice
from alerts.roster import Moved
from alerts.rules.detector import Profile
from anhu.contract.clock import MINUTE_MS, SECOND_MS, Clock
from anhu.contract.record import Numbers, Reading
from anhu.log.port import Position
from anhu.registry.database import reading

DOORS_MS = 2 * SECOND_MS
"""After so long no door writes to the old partition any more. [ms]"""
_EXPECTED_MS = 100 * SECOND_MS
"""How long a memory is waited for; then silence counts from the arrival. Less than a clock is set back by. [ms]"""
_RECENT_MS = 3 * SECOND_MS
_MOST_KEPT = 20_000
"""Messages that are kept to be read once more, of all who arrive together."""
_AT_ONCE = 200

Messages = Sequence[Reading | Numbers]


@dataclass(slots=True)
class _Leaving:
    """A resident who is elsewhere by now."""

    partition: int
    since_ms: int
    device_ids: set[str] = field(default_factory=set)


class MovesWork:
    """One shard's side of both.

    Parameters
    ----------
    engine : Engine
        The shard's.
    sessions : sessionmaker
        Of the platform's database.
    partition : int
        Which shard it is.
    counts : Counter
        ``residents_left``, ``residents_came``, and ``arrivals_cut``: more was said meanwhile than could be kept.
    """

    def __init__(
        self, engine: Engine, sessions: sessionmaker[Session], clock: Clock, partition: int, counts: Counter[str]
    ) -> None:
        self._engine = engine
        self._sessions = sessions
        self._clock = clock
        self._partition = partition
        self._counts = counts
        self._leaving: dict[str, _Leaving] = {}
        self._expected: dict[str, int] = {}
        """Resident -> since when. [ms]"""
        self._recent: deque[tuple[int, Messages]] = deque()
        self._kept: dict[str, list[Reading | Numbers]] = {}
        self._kept_count = 0
        self._forgot_ms = 0

    def heard(self, messages: Messages) -> None:
        """Take note of what the engine decided about just now: some of it may have to be read once more."""
        now_ms = self._clock.now_ms()
        self._recent.append((now_ms, messages))
        while not 0 <= now_ms - self._recent[0][0] <= _RECENT_MS:
            self._recent.popleft()
        if self._expected:
            self._keep(messages)

    def _keep(self, messages: Messages) -> None:
        for one in messages:
            if one.resident_id in self._expected:
                if self._kept_count >= _MOST_KEPT:
                    self._counts["arrivals_cut"] += 1
                    continue
                self._kept.setdefault(one.resident_id, []).append(one)
                self._kept_count += 1

    def follow(self, changed: Sequence[WatchedDevice], moved: Sequence[Moved]) -> Sequence[WatchedDevice]:
        """Return what the engine is to know now of what changed in the directory.

        Who moved away stays as they are until they are handed over; of who comes, silence counts from now on.
        """
        now_ms, moving = self._clock.now_ms(), self._engine.moving
        leave = {one.device_id: one for one in moved if moving.watches(one.device_id, one.resident_id)}
        for one in leave.values():
            self._leave(one, now_ms)
        told = [one for one in changed if one.device_id not in leave]
        return [self._arrived(one, now_ms) if one.resident_id else one for one in told]

    def _leave(self, one: Moved, now_ms: int) -> None:
        leaving = self._leaving.setdefault(one.resident_id, _Leaving(one.partition, now_ms))
        leaving.partition = one.partition
        leaving.device_ids.add(one.device_id)

    def _arrived(self, device: WatchedDevice, now_ms: int) -> WatchedDevice:
        resident_id = device.resident_id
        self._leaving.pop(resident_id, None)  # and is back already
        if self._engine.moving.watches(device.device_id, resident_id):
            return device
        if resident_id not in self._expected:
            self._expected[resident_id] = now_ms
            for _, messages in self._recent:
                self._keep([one for one in messages if one.resident_id == resident_id])
        return device._replace(enrolled_at_ms=max(device.enrolled_at_ms, now_ms))

    def hand_over(self, *, is_at_end: bool) -> Sequence[WatchedDevice]:
        """Leave to others who has gone to them; return what the engine is to know of it."""
        now_ms = self._clock.now_ms()
        due = [(who, one) for who, one in self._leaving.items() if not 0 <= now_ms - one.since_ms < DOORS_MS]
        if not is_at_end or not due:
            return []
        gone: list[WatchedDevice] = []
        with self._sessions.begin() as session:
            for resident_id, one in due[:_AT_ONCE]:
                state = self._engine.moving.remembered(resident_id, one.device_ids, now_ms)
                handovers.put(session, resident_id, partition=one.partition, state=state, now_ms=now_ms)
                gone += [WatchedDevice(device_id, "", Profile()) for device_id in sorted(one.device_ids)]
        for resident_id, _ in due[:_AT_ONCE]:
            del self._leaving[resident_id]
            self._counts["residents_left"] += 1
        return gone

    def come_back(self, elsewhere: Callable[[Iterable[tuple[str, str]]], Sequence[Moved]], since: Position) -> None:
        """Take up what a snapshot lacks, and hand over whom it holds though they have moved. Before the LOG is read."""
        moved = {one.resident_id: one for one in elsewhere(self._engine.moving.strangers())}
        with reading(self._sessions).begin() as session:
            lacking = handovers.taken_since(session, self._partition, since)
            done = handovers.put_before(session, moved.keys(), {who: one.partition for who, one in moved.items()})
        for resident_id, state in lacking:
            self._engine.moving.take_over(resident_id, state)
        for resident_id, device_id in [(who, device) for device, who in self._engine.moving.strangers()]:
            if resident_id in moved and resident_id not in done:
                self._leave(moved[resident_id]._replace(device_id=device_id), self._clock.now_ms())

    def take_up(self, position: Position) -> list[ResidentFinding]:
        """Go on with what others left for this shard; return what is found when it is read on from there."""
        with reading(self._sessions).begin() as session:
            there = handovers.waiting(session, self._partition)
        taken = [(who, state) for who, state in there if self._engine.moving.is_here(who, state)][:_AT_ONCE]
        if not taken:
            return []
        with self._sessions.begin() as session:
            handovers.take(session, [resident_id for resident_id, _ in taken], position)
        found: list[ResidentFinding] = []
        for resident_id, state in taken:
            self._engine.moving.take_over(resident_id, state)
            found += self._read_on(resident_id)
            self._counts["residents_came"] += 1
        return found

    def _read_on(self, resident_id: str) -> list[ResidentFinding]:
        self._expected.pop(resident_id, None)
        kept = self._kept.pop(resident_id, [])
        self._kept_count -= len(kept)
        recent_ms = self._engine.newest_ms - _EXPECTED_MS
        return [found for one in kept if one.received_at_ms >= recent_ms for found in self._engine.feed(one)]

    def forget_old(self) -> None:
        """Wait no longer for what did not come, and delete what every snapshot holds by now."""
        now_ms = self._clock.now_ms()
        for resident_id in [
            who for who, since_ms in self._expected.items() if not 0 <= now_ms - since_ms < _EXPECTED_MS
        ]:
            del self._expected[resident_id]
            self._kept_count -= len(self._kept.pop(resident_id, []))
        if 0 <= now_ms - self._forgot_ms < MINUTE_MS:
            return
        self._forgot_ms = now_ms
        with self._sessions.begin() as session:
            handovers.forget_old(session, self._partition, now_ms)
