"""What came of a device in an hour, and how it is asked for: what the pages and the API know of the delivery log."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol


class Deliveries(NamedTuple):
    """What came of a device in one hour.

    Attributes
    ----------
    hour_ms : int
        When the hour began, UTC. [ms]
    accepted, partly, refused : int
        Messages read; those of which a part was refused, mended or needs a mapping; those of which nothing was used.
    """

    device_id: str
    hour_ms: int
    accepted: int = 0
    partly: int = 0
    refused: int = 0


class DeliveriesQuery(Protocol):
    """Asks what came; what the pages and the API know of it."""

    def of(self, device_ids: Collection[str], *, since_ms: int) -> Sequence[Deliveries]:
        """Return what came of some devices, hour by hour. [ms]."""
        ...


class DeliveryLog(DeliveriesQuery, Protocol):
    """Where the counts are kept. Methods raise sqlite3.Error or SQLAlchemyError when it cannot be used."""

    def add(self, rows: Sequence[Deliveries], now_ms: int) -> None:
        """Add to the counts. [ms]."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...
