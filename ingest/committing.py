"""When a position of the LOG is committed: once what came before it is in the store and the newest values are written.

Newest values are written every few seconds, and the position with them: a crash reads those seconds again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy.exc import SQLAlchemyError

from anhu.log.port import LogReader, Position
from ingest.lanes import Lanes
from ingest.newest_values import NewestValues
from ingest.store.port import Stored

logger = logging.getLogger(__name__)
_MOST_WAITING = 50_000
"""Residents whose newest values may wait for the database before reading stops: about 30 MB."""


class Committing:
    """Commits for one worker; called by its one thread.

    Parameters
    ----------
    newest : NewestValues, optional
        Where newest values are kept in a table of their own.
    lanes : Lanes, optional
        Where every county has a store of its own.

    Attributes
    ----------
    position : Position
        Everything before it is settled, but for what waits in lanes.
    """

    def __init__(self, reader: LogReader, newest: NewestValues | None, lanes: Lanes | None) -> None:
        self._reader, self._newest, self._lanes = reader, newest, lanes
        self.position: Position = 0
        self._is_well = True

    def begin(self) -> None:
        """Go on where the last process ended."""
        self.position = self._reader.committed
        if self._lanes is not None:
            self.position = self._lanes.resume(self.position)
            self._reader.seek(self.position)

    def hear(self, readings: Sequence[Stored]) -> None:
        """Take note of a batch that is settled."""
        if self._newest is not None:
            self._newest.hear(readings)

    def settle(self, position: Position) -> None:
        """Move on, and commit if it is time. Raises what the LOG, or a database away for long, raises."""
        self.position = position
        if self._newest is None or self._newest.is_due():
            self.commit()

    def commit(self) -> None:
        """Commit as far as everything is written. Raises what the LOG, or a database away for long, raises."""
        if self._newest is not None and not self._write(self._newest):
            return
        self._reader.commit(self.position if self._lanes is None else self._lanes.safe(self.position))

    def idle(self) -> None:
        """Commit what is left while nothing comes."""
        if self._lanes is not None:
            self._lanes.idle(self.position)
        self.commit()

    def _write(self, newest: NewestValues) -> bool:
        try:
            newest.write()
        except SQLAlchemyError as error:
            if newest.waiting > _MOST_WAITING:
                raise
            if self._is_well:
                logger.warning("newest values cannot be written, positions wait: %s", type(error).__name__)
            self._is_well = False
            return False
        self._is_well = True
        return True
