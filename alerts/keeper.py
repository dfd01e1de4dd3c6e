"""What the engine found, how far it has read, what it remembers: kept together, none without the others."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session, sessionmaker

from alerts.engine.checkpoint import Checkpoint
from alerts.engine.engine import Engine
from alerts.engine.resident_finding import ResidentFinding
from alerts.episodes.leaving import end_what_left
from alerts.progress import Progress, move, position_of, progress, rest_of, save_rest, save_snapshot
from alerts.short_writes import ShortWrites
from anhu.contract.clock import MINUTE_MS, SECOND_MS, Clock
from anhu.contract.delays import Delays
from anhu.log.port import Position
from anhu.registry.database import reading

_POSITION_MS = SECOND_MS
_SNAPSHOT_MS = 30 * SECOND_MS
_LEFT_MS = MINUTE_MS


class Keeper:
    """One engine's row in the database: position, snapshot, and the findings that belong to them.

    Parameters
    ----------
    sessions, clock : sessionmaker, Clock
        Of the platform's database; the present.
    consumer : str
        Whose row it is.
    counts : Counter
        ``refused_findings``, and what became of the others; ``live``, 1 once the engine has come back.
    steady_s : callable
        A time that only runs forward: how long a transaction lasts. [s]
    delays : Delays, optional
        Is told how long findings took.

    Attributes
    ----------
    stored : int or None
        The position in the database; None before the first.
    """

    def __init__(
        self,
        sessions: sessionmaker[Session],
        clock: Clock,
        consumer: str,
        counts: Counter[str],
        *,
        steady_s: Callable[[], float] = time.monotonic,
        delays: Delays | None = None,
    ) -> None:
        self._sessions, self._clock = sessions, clock
        self._writes = ShortWrites(sessions, counts, steady_s=steady_s, delays=delays)
        self._counts, self._consumer, self.delays = counts, consumer, self._writes.delays
        self.stored: Position | None = None
        self._checkpoint: Checkpoint | None = None
        self._checkpoint_position: Position = 0
        self._has_rest = False
        self._stored_ms = self._snapshot_ms = self._left_ms = 0

    def find_position(self) -> Position | None:
        """Return where this engine stands, None when it has never run; what a kill cut off is stored first."""
        with reading(self._sessions).begin() as session:
            self.stored = position_of(session, self._consumer)
            rest = rest_of(session, self._consumer, self._counts)
        self._has_rest = bool(rest)
        while rest and self.stored is not None:
            self.store(rest, self.stored)
        return self.stored

    def progress(self) -> Progress | None:
        """Return where this engine stands, and its snapshot."""
        with reading(self._sessions).begin() as session:
            return progress(session, self._consumer)

    def came_back(self) -> None:
        """Take it that all is stored now, and the next snapshot due in half a minute."""
        self._snapshot_ms = self._stored_ms = self._clock.now_ms()
        self._counts["live"] = 1

    @property
    def is_writing(self) -> bool:
        """Whether a snapshot is being written down, so that there is work without anything new."""
        return self._checkpoint is not None

    def write_down(self, engine: Engine, position: Position, most: int | None) -> bool:
        """Go on with the snapshot by one part, or begin one when it is time; complete (True) it is saved.

        Meanwhile messages are decided and their alerts stored: after a restart they are read once more from where the
        snapshot was begun.
        """
        if self._checkpoint is None:
            if not is_due(self._clock.now_ms(), self._snapshot_ms, _SNAPSHOT_MS):
                return False
            self._checkpoint, self._checkpoint_position = engine.begin_checkpoint(), position
        if not self._checkpoint.is_complete:
            self._checkpoint.go_on(most)
        return self._checkpoint.is_complete

    def write_down_now(self, engine: Engine, position: Position, most: int | None = None) -> None:
        """Write down the state as it is at a position, or begin to, in place of a snapshot that was begun."""
        self._checkpoint, self._snapshot_ms = None, 0
        self.write_down(engine, position, most)

    def must_store(self, found: Sequence[ResidentFinding], position: Position) -> bool:
        """Tell whether to store now: anything found at once, a snapshot when complete, a position now and then."""
        if found or self._written_down is not None:
            return True
        return position != self.stored and is_due(self._clock.now_ms(), self._stored_ms, _POSITION_MS)

    @property
    def _written_down(self) -> Checkpoint | None:
        """The snapshot that is complete and waits to be saved."""
        checkpoint = self._checkpoint
        return checkpoint if checkpoint is not None and checkpoint.is_complete else None

    def store(self, found: list[ResidentFinding], position: Position) -> Position | None:
        """Store findings in a short transaction, with the position and what is left of them; at last a snapshot, too.

        Parameters
        ----------
        found : list of ResidentFinding
            What is stored is taken out of it: call again until it is empty. What the database refuses for good is
            taken out, too: it must not hold up all that follow.
        position : int
            Everything before it is decided.

        Returns
        -------
        int or None
            What the LOG may forget everything before, when a snapshot was saved.

        Raises
        ------
        LostPositionError
            If another engine moved this one's position.
        DBAPIError
            If the database does not answer; nothing was stored.
        """
        now = self._clock.now_ms()
        self._writes.write(found, now, lambda session, rest: self._write_down(session, rest, position))
        self._has_rest, self.stored, self._stored_ms = bool(found), position, now
        if found or self._written_down is None:
            return None
        self._checkpoint, self._snapshot_ms = None, now
        return self._checkpoint_position

    def _write_down(self, session: Session, rest: Sequence[ResidentFinding], position: Position) -> None:
        if position != self.stored:
            move(session, self._consumer, before=self.stored, after=position)
        if rest or self._has_rest:
            save_rest(session, self._consumer, rest)
        if self._written_down is not None and not rest:
            snapshot = self._written_down.encoded()
            save_snapshot(session, self._consumer, position=self._checkpoint_position, snapshot=snapshot)

    def end_what_left(self, *, has_changed: bool) -> None:
        """End what devices reported that were moved or revoked since, and now and then what was found too late."""
        if not has_changed and not is_due(self._clock.now_ms(), self._left_ms, _LEFT_MS):
            return
        self._left_ms, part = self._clock.now_ms(), 1
        while part:
            with self._sessions.begin() as session:
                part = end_what_left(session, now_ms=self._clock.now_ms())
            self._counts["left"] += part

    def store_ahead(self, found: list[ResidentFinding]) -> None:
        """Store what was found ahead; the engine will come to it, and find that it is known."""
        self._writes.write_ahead(found, self._clock.now_ms())


def is_due(now_ms: int, last_ms: int, every_ms: int) -> bool:
    """Tell whether it is time again; at once when the clock was set back behind the last time. [ms]."""
    return not 0 <= now_ms - last_ms < every_ms
