"""Which hours are due, as a store's writer, its charts and the work on hours see it; in a file or in the database."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from ingest.store.due_hours import DeviceHour, Hours, Known, Taken


class Marks(Protocol):
    """The marks of one store. Methods raise sqlite3.Error or SQLAlchemyError when they cannot be kept."""

    @property
    def since(self) -> int | None:
        """The hour from which on marks are complete; None before any work."""
        ...

    def mark(self, hours: set[DeviceHour]) -> None:
        """Mark hours, after what was written into them."""
        ...

    def take(self, before_hour: int, limit: int) -> Taken:
        """Return the oldest marks of hours before one, and begin a turn if there are any."""
        ...

    def done(self, taken: Taken) -> None:
        """Remove what was taken, unless it was marked again meanwhile."""
        ...

    def reach_back(self, since: int, hours: Iterable[DeviceHour] = ()) -> None:
        """Mark hours of the time before the marks began, and say from when on they are complete now."""
        ...

    def known(self, resident_id: str, hours: Hours) -> Known:
        """Return what holds for one resident's hours."""
        ...

    def forget(self, resident_id: str) -> None:
        """Forget the marks of a resident whose series are erased."""
        ...
