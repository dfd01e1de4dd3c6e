"""An engine comes back to where the database stands: its snapshot, and what the LOG holds since."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from functools import partial

from alerts.database_work import with_database
from alerts.directory_work import DirectoryWork
from alerts.engine.collector import collector_paused
from alerts.engine.engine import Engine
from alerts.engine.resident_finding import ResidentFinding
from alerts.keeper import Keeper
from alerts.messages import messages_of
from alerts.pending import put_together
from alerts.read_ahead import ReadAhead
from anhu.contract.clock import Clock
from anhu.log.port import LogReader, Position
from anhu.registry.shard_leases import FencedError

_LOOK_AHEAD_S = 0.5
_LOG = logging.getLogger(__name__)
BATCH, BATCH_BYTES = 1_000, 131_072
"""Read at one go: some ten milliseconds of work."""


class RecoveryWork:
    """Brings one engine back.

    Attributes
    ----------
    is_done : bool
        Whether it has come back; before, its memory is not whole, and the snapshot that there is stands.
    position : int
        Where it comes back to.
    """

    def __init__(
        self,
        reader: LogReader,
        engine: Engine,
        keeper: Keeper,
        directory: DirectoryWork,
        ahead: ReadAhead,
        *,
        clock: Clock,
        counts: Counter[str],
        gives_way: asyncio.Semaphore | None = None,
    ) -> None:
        self._reader = reader
        self._engine = engine
        self._keeper = keeper
        self._directory = directory
        self._ahead = ahead
        self._clock = clock
        self._counts = counts
        self._gives_way = gives_way or asyncio.Semaphore()
        self.position: Position = 0
        self.is_done = False

    async def come_back(self, found: list[ResidentFinding], stop: asyncio.Event) -> Position:
        """Bring the engine to where the database stands; return where that is.

        Parameters
        ----------
        found : list of ResidentFinding
            Gets what is found ahead meanwhile, and is stored at once: at 100,000 residents calls for help cannot wait.
        """
        await with_database(self.find_position, stop, self._counts)
        recovering = asyncio.create_task(self._recovered(stop), name="recovery")
        while not (await asyncio.wait((recovering,), timeout=_LOOK_AHEAD_S))[0]:
            found += self._ahead.look(self.position, self._clock.now_ms(), far_behind_bytes=0)
            if found and not await self._is_stored_ahead(found, stop):
                break
        await recovering
        return self.position

    async def _recovered(self, stop: asyncio.Event) -> None:
        async with self._gives_way:
            await with_database(partial(self.recover, stop.is_set), stop, self._counts)

    async def _is_stored_ahead(self, found: list[ResidentFinding], stop: asyncio.Event) -> bool:
        """Store what was found ahead; False: somebody else does, which the recovery is about to find out, too."""
        put_together(found, self._counts)
        try:
            await with_database(partial(self._keeper.store_ahead, found), stop, self._counts)
        except FencedError:
            stop.set()
            return False
        return True

    def find_position(self) -> None:
        """Ask the database where it stands, or the LOG, if the engine has never run."""
        stored = self._keeper.find_position()
        self.position = self._reader.committed if stored is None else stored

    def recover(self, is_over: Callable[[], bool] = bool) -> None:
        """Bring the engine to the position that was found, unless nobody wants it any more."""
        with collector_paused():
            kept = self._keeper.progress()
            # Who dies before the first snapshot reads again all that the LOG still holds for it.
            begins_at = kept.snapshot_position if kept is not None and kept.snapshot else self._reader.committed
            self._directory.start(kept.snapshot if kept is not None else b"", begins_at)
            if kept is not None:
                self._reader.seek(begins_at)
                self._replay(kept.position, is_over)
            self._reader.seek(self.position)
        if is_over():
            return
        self._keeper.end_what_left(has_changed=True)
        self._keeper.came_back()
        _LOG.info("the engine has come back: decided from %d on", self.position)
        self.is_done = True

    def _replay(self, until: Position, is_over: Callable[[], bool]) -> None:
        """Let the engine read what its snapshot does not hold yet; its findings are in the database."""
        while not is_over() and ((entries := self._reader.read(BATCH, BATCH_BYTES)) or self._reader.backlog_bytes):
            for entry in entries:
                if entry.next_position > until:
                    return
                for record in messages_of(entry, self._counts):
                    self._engine.feed(record)
                    self._counts["replayed"] += 1
