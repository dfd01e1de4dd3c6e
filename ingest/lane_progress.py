"""How far each store of a partition is, written down so that a restart sets nobody back."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from anhu.contract.clock import SECOND_MS, Clock
from anhu.log.port import Position
from ingest.shared.progress import ALL_OTHERS, StoreBehind

logger = logging.getLogger(__name__)
_SAVE_MS = SECOND_MS


class Progress(Protocol):
    """Where it is written down how far stores are that are behind. Raises SQLAlchemyError when it cannot be used."""

    def load(self, partition: int) -> Sequence[StoreBehind]:
        """Return what is known of a partition; nothing where all stores are level."""
        ...

    def save(self, partition: int, rows: Sequence[StoreBehind]) -> None:
        """Replace what is known of a partition."""
        ...


class LaneProgress:
    """One partition's page; a database that is away makes more work, and loses nothing."""

    def __init__(self, progress: Progress, clock: Clock, partition: int) -> None:
        self._progress, self._clock, self._partition = progress, clock, partition
        self._saved_ms = 0

    @property
    def is_due(self) -> bool:
        """Whether it is time to write down again."""
        return abs(self._clock.now_ms() - self._saved_ms) >= _SAVE_MS

    def load(self) -> tuple[Position, Sequence[StoreBehind]]:
        """Return where the others were, and what an earlier process wrote down; nothing where that cannot be asked."""
        try:
            rows = self._progress.load(self._partition)
        except SQLAlchemyError as error:
            logger.warning("how far each store was is not known, all begin at the hindmost: %s", type(error).__name__)
            return 0, ()
        return max((row.position for row in rows if row.store == ALL_OTHERS), default=0), rows

    def save(self, behind: Iterable[StoreBehind], others: Position) -> None:
        """Write down how far stores are that are behind, and where the others are."""
        self._saved_ms = self._clock.now_ms()
        rows = [*behind]
        if rows:
            rows.append(StoreBehind(ALL_OTHERS, others, self._saved_ms, ""))
        try:
            self._progress.save(self._partition, rows)
        except SQLAlchemyError as error:  # after a restart all begin at the hindmost: more work, and nothing lost
            logger.warning("how far each store is cannot be written down: %s", type(error).__name__)
