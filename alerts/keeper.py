"""What the engine found, how far it has read, what it remembers: kept together, none without the others."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from alerts.engine.checkpoint import Checkpoint
from alerts.engine.engine import Engine
from alerts.engine.resident_finding import ResidentFinding
from alerts.episodes.findings import apply_findings
from alerts.progress import Progress, move, position_of, progress, save_snapshot
from anhu.contract.clock import SECOND_MS, Clock
from anhu.log.port import Position
from anhu.registry.database import is_refusal, reading

_LOG = logging.getLogger(__name__)
_POSITION_MS = SECOND_MS
_SNAPSHOT_MS = 30 * SECOND_MS


class Keeper:
    """One engine's row in the database: position, snapshot, and the findings that belong to them.

    Parameters
    ----------
    sessions : sessionmaker
        Of the platform's database.
    clock : Clock
        The present.
    consumer : str
        Whose row it is.
    counts : Counter
        ``refused_findings``, and what became of the others.

    Attributes
    ----------
    stored : int or None
        The position in the database; None before the first.
    """

    def __init__(self, sessions: sessionmaker[Session], clock: Clock, consumer: str, counts: Counter[str]) -> None:
        self._sessions = sessions
        self._clock = clock
        self._consumer = consumer
        self._counts = counts
        self.stored: Position | None = None
        self._checkpoint: Checkpoint | None = None
        self._checkpoint_position: Position = 0
        self._stored_ms = self._snapshot_ms = 0

    def find_position(self) -> Position | None:
        """Return where this engine stands; None when it has never run."""
        with reading(self._sessions).begin() as session:
            self.stored = position_of(session, self._consumer)
        return self.stored

    def progress(self) -> Progress | None:
        """Return where this engine stands, and its snapshot."""
        with reading(self._sessions).begin() as session:
            return progress(session, self._consumer)

    def came_back(self) -> None:
        """Take it that all is stored now; the next snapshot is due in half a minute."""
        self._snapshot_ms = self._stored_ms = self._clock.now_ms()

    @property
    def is_writing(self) -> bool:
        """Whether a snapshot is being written down, so that there is work without anything new."""
        return self._checkpoint is not None

    def write_down(self, engine: Engine, position: Position, most: int | None) -> None:
        """Go on with the snapshot by one part, or begin one when it is time; it is saved when it is complete.

        Meanwhile messages are decided and their alerts stored: after a restart they are read once more from where the
        snapshot was begun.
        """
        if self._checkpoint is None:
            if not is_due(self._clock.now_ms(), self._snapshot_ms, _SNAPSHOT_MS):
                return
            self._checkpoint, self._checkpoint_position = engine.begin_checkpoint(), position
        if not self._checkpoint.is_complete:
            self._checkpoint.go_on(most)

    def write_down_now(self, engine: Engine, position: Position) -> None:
        """Write down the whole state as it is at a position, in place of a snapshot that was begun."""
        self._checkpoint, self._snapshot_ms = None, 0
        self.write_down(engine, position, None)

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
        """Store findings, position and a complete snapshot in one transaction.

        Parameters
        ----------
        found : list of ResidentFinding
            What the database refuses for good is taken out of it: it must not hold up all that follow.
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
        try:
            counts = self._write(found, position, now)
        except DBAPIError as error:
            if not is_refusal(error):
                raise
            self._counts["refused_findings"] += _take_out_the_refused(self._sessions, found, now)
            counts = self._write(found, position, now)
        done = None
        if self._written_down is not None:
            self._checkpoint, self._snapshot_ms = None, now
            done = self._checkpoint_position
        self.stored, self._stored_ms = position, now
        self._counts.update(counts)
        return done

    def _write(self, found: Sequence[ResidentFinding], position: Position, now_ms: int) -> Mapping[str, int]:
        with self._sessions.begin() as session:
            counts = apply_findings(session, found, now_ms=now_ms)
            if position != self.stored:
                move(session, self._consumer, before=self.stored, after=position)
            if self._written_down is not None:
                snapshot = self._written_down.encoded()
                save_snapshot(session, self._consumer, position=self._checkpoint_position, snapshot=snapshot)
        return counts

    def store_ahead(self, found: Sequence[ResidentFinding]) -> None:
        """Store what was found ahead; the engine will come to it, and find that it is known."""
        try:
            with self._sessions.begin() as session:
                counts = apply_findings(session, found, now_ms=self._clock.now_ms())
        except DBAPIError as error:
            if not is_refusal(error):
                raise
            _LOG.warning("the database refuses what was found ahead; it is left to the engine: %s", error)
        else:
            self._counts.update(counts)


def _take_out_the_refused(sessions: sessionmaker[Session], found: list[ResidentFinding], now_ms: int) -> int:
    """Take out what the database refuses for good; return how many."""
    good = []
    for one in found:
        try:
            with sessions() as session:  # rolled back: only tried
                apply_findings(session, [one], now_ms=now_ms)
            good.append(one)
        except DBAPIError as error:
            if not is_refusal(error):
                raise
            _LOG.exception("the database refuses a finding of kind %s", one.finding.kind)
    refused, found[:] = len(found) - len(good), good
    return refused


def is_due(now_ms: int, last_ms: int, every_ms: int) -> bool:
    """Tell whether it is time again; at once when the clock was set back behind the last time. [ms]."""
    return not 0 <= now_ms - last_ms < every_ms
