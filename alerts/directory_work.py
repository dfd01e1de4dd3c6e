"""An engine follows the directory: who is watched, what people chose, who moved to another shard or came from one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

from sqlalchemy.orm import Session, sessionmaker

from alerts.directory_news import DirectoryNews
from alerts.engine.engine import Engine
from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.watched_device import WatchedDevice
from alerts.keeper import Keeper
from alerts.moves_work import MovesWork
from alerts.roster import Roster
from alerts.versions_work import VersionsWork
from anhu.contract.clock import Clock
from anhu.contract.record import Numbers, Reading
from anhu.log.port import Position


class DirectoryWork:
    """What one shard learns of the directory.

    Parameters
    ----------
    engine, versions, keeper
        The shard's.
    roster : Roster
        Of its partition.
    partition, partitions : int
        Which part of the LOG it is, of how many; of one alone nobody moves.
    news : DirectoryNews, optional
        Shared by the shards of one process: while it has none, nothing else is asked.

    Attributes
    ----------
    looked_ms : int
        When it last looked for changes; 0 before the first time. [ms]
    """

    def __init__(
        self,
        engine: Engine,
        versions: VersionsWork,
        keeper: Keeper,
        roster: Roster,
        sessions: sessionmaker[Session],
        *,
        clock: Clock,
        counts: Counter[str],
        partition: int,
        partitions: int,
        news: DirectoryNews | None = None,
    ) -> None:
        self._news = news
        self._seen: Hashable = None
        self.looked_ms = 0
        self._clock = clock
        self._engine = engine
        self._versions = versions
        self._keeper = keeper
        self._roster = roster
        self._moves = MovesWork(engine, sessions, clock, partition, counts) if partitions > 1 else None

    def heard(self, messages: Sequence[Reading | Numbers]) -> None:
        """Take note of what the engine decided about just now."""
        if self._moves is not None:
            self._moves.heard(messages)

    def start(self, snapshot: bytes, since: Position) -> None:
        """Give an engine all whom it watches, and the state that it had at a position."""
        self._versions.choose_at_start()
        self._engine.start(self._roster.changed(), snapshot)
        self.looked_ms = self._clock.now_ms()
        if self._moves is not None:
            self._moves.come_back(self._roster.elsewhere, since)

    def follow(self, position: Position, *, is_at_end: bool) -> list[ResidentFinding]:
        """Take over what changed since the last look; return what is found by that."""
        state = self._news.state() if self._news is not None else None
        has_news = state is None or state != self._seen
        found = self._read() if has_news else []
        self._keeper.end_what_left(has_changed=False)
        if self._moves is not None:
            if gone := self._moves.hand_over(is_at_end=is_at_end):
                found += self._know(gone)
            found += self._moves.take_up(position) if has_news else []
            self._moves.forget_old()
        self._seen, self.looked_ms = state, self._clock.now_ms()
        return found

    def _read(self) -> list[ResidentFinding]:
        changed = self._roster.changed()
        found = self._know(changed if self._moves is None else self._moves.follow(changed, self._roster.moved))
        self._keeper.end_what_left(has_changed=bool(changed))
        return found

    def _know(self, changed: Sequence[WatchedDevice]) -> list[ResidentFinding]:
        self._engine.update_roster(changed)
        return self._versions.follow(changed)
