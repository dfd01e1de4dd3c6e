"""What was fetched and lies ready to be read, and where fetching is to begin anew: between a pump and its reader."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence

from anhu.log.port import Entry, Position

READY_BYTES = 2 * 1_048_576
"""With so much lying ready nothing more is fetched. [byte]"""


class Ready:
    """Entries in order, filled by the pump's thread and emptied by the reader.

    Parameters
    ----------
    position : int
        Where fetching begins.
    """

    def __init__(self, position: Position) -> None:
        self._changed = threading.Condition()
        self._entries: deque[Entry] = deque()
        self._bytes = 0
        self._wanted: Position | None = position
        """Where to fetch from, until the pump took it."""
        self._next = position
        """Where the first entry begins, or else what is fetched next."""
        self._moved_to: Position | None = None
        self._is_stopped = self.is_over = False

    @property
    def size(self) -> int:
        """Bytes of all entries. [byte]."""
        return self._bytes

    @property
    def has_any(self) -> bool:
        """Whether something lies ready."""
        return bool(self._entries) and self._wanted is None

    @property
    def until(self) -> Position:
        """The position behind all entries."""
        with self._changed:
            return self._entries[-1].next_position if self._entries else self._next

    def go_to(self, position: Position) -> None:
        """Have the entries begin at a position; what was fetched already is not fetched again."""
        with self._changed:
            if self._wanted is None and self._next <= position:
                while self._entries and self._entries[0].next_position <= position:
                    self._drop()
                if self._entries or position == self._next:
                    self._next = position
                    self._changed.notify_all()
                    return
            self._begin_at(position)
            self._moved_to = None

    def take(self, max_records: int, max_bytes: int, wait_s: float) -> list[Entry]:
        """Return entries, at least one if there is any; wait a moment if there is none. [byte], [s]."""
        with self._changed:
            if not self._entries and wait_s:
                self._changed.wait_for(lambda: self._entries or self.is_over, wait_s)
            found: list[Entry] = []
            size = 0
            while self._entries and len(found) < max_records:
                size += len(self._entries[0].record)
                if found and size > max_bytes:
                    break
                found.append(self._drop())
            self._changed.notify_all()
        return found

    def moved_to(self) -> Position | None:
        """Return where reading goes on in place of where it was sent, once, because nothing was there."""
        with self._changed:
            moved, self._moved_to = self._moved_to, None
        return moved

    def wanted(self) -> Position | None:
        """Wait until there is something to do, and return where to begin; None: to go on where fetching is."""
        with self._changed:
            self._changed.wait_for(lambda: self.is_over or self._wanted is not None or self._has_room())
            wanted, self._wanted = self._wanted, None
            if wanted is not None:
                self._is_stopped = False
        return wanted

    @property
    def is_stopped(self) -> bool:
        """Whether fetching stopped, and must be begun anew."""
        return self._is_stopped

    def stop(self) -> None:
        """Note that fetching stopped: what lies ready is read first, then it is seen where to go on."""
        self._is_stopped = True

    def put(self, entries: Sequence[Entry]) -> bool:
        """Add what was fetched; False when the reader was sent elsewhere meanwhile."""
        with self._changed:
            if self._wanted is not None:
                return False
            self._entries += entries
            self._bytes += sum(len(entry.record) for entry in entries)
            self._changed.notify_all()
        return True

    def resume(self, low: Position, high: Position) -> Position | None:
        """Go on after a stop, at the oldest record kept if ours is none of them; return ours then, else None."""
        with self._changed:
            if self._wanted is not None:
                return None
            position = self._next
            if low <= position <= high:
                self._begin_at(position)
                return None
            self._begin_at(low)
            self._moved_to = low
        return position

    def end(self) -> None:
        """Wake whoever waits: nothing comes any more."""
        with self._changed:
            self.is_over = True
            self._changed.notify_all()

    def _has_room(self) -> bool:
        return not self._entries if self._is_stopped else self._bytes < READY_BYTES

    def _begin_at(self, position: Position) -> None:
        self._wanted = self._next = position
        self._entries.clear()
        self._bytes = 0
        self._changed.notify_all()

    def _drop(self) -> Entry:
        entry = self._entries.popleft()
        self._bytes -= len(entry.record)
        self._next = entry.next_position
        return entry
