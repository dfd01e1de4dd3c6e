"""The queue for one reader: of what he holds already only where it stands."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from api.dependencies import Dependencies
from api.schemas.desk import RowView
from api.security.roles import Permission, Viewer, require
from api.services.desk import Show, read_queue
from api.services.platform import parts_down
from api.web.queue import Queue, first_lines, is_dense
from api.web.queue_lines import DENSE_FROM, By
from api.web.queue_memory import QueueMemory
from api.web.wording import Wording


class QueueReader:
    """Reads queues, and remembers what each reader holds.

    Parameters
    ----------
    deps : Dependencies
        The outside world.
    """

    def __init__(self, deps: Dependencies) -> None:
        self._deps = deps
        self._memory = QueueMemory()

    def page(self, wording: Wording, viewer: Viewer, show: Show, by: By) -> Queue:
        """Return what the page itself holds of the queue."""
        require(viewer, Permission.RESPOND)

        def first(rows: Sequence[RowView]) -> Collection[str]:
            return {row.said.id for line in first_lines(rows, by) for row in line.rows if line.what == "card"}

        found = read_queue(self._deps, viewer, show=show, today_ms=wording.start_of_today_ms(), wanted=first)
        return Queue.of(found, show.value, by=by, down=parts_down(self._deps), first=True)

    def part(self, wording: Wording, viewer: Viewer, show: Show, by: By, *, seen: str) -> Queue:
        """Return the queue for a page whose queue has the mark `seen`; empty for one that holds nothing."""
        require(viewer, Permission.RESPOND)
        reader = (viewer.user_id, show, by, wording.language)
        known = self._memory.held(reader, seen)

        def fresh(rows: Sequence[RowView]) -> Collection[str]:
            if (len(known) >= DENSE_FROM) != is_dense(rows):  # a row looks otherwise than a card
                return {row.id for row in rows}
            return {row.id for row in rows if not row.state or known.get(row.id) != row.state}

        found = read_queue(self._deps, viewer, show=show, today_ms=wording.start_of_today_ms(), wanted=fresh)
        if show is not Show.TODAY:  # what is closed has no state to compare
            self._memory.given(reader, found)
        return Queue.of(found, show.value, by=by, down=parts_down(self._deps))
