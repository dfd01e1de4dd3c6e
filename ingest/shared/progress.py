"""How far each store is that is behind in a partition of the LOG, durably: whoever takes the partition over goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Engine, text

ALL_OTHERS = ""
_LOAD = text("SELECT store, position, since_ms, reason FROM store_progress WHERE log_partition = :partition")
_ALL = text(
    "SELECT store, min(position), min(since_ms), max(reason) FROM store_progress WHERE store <> '' GROUP BY store"
)
_GONE = text("DELETE FROM store_progress WHERE log_partition = :partition")
_PUT = text("INSERT INTO store_progress VALUES (:partition, :store, :position, :since_ms, :reason)")
_LONGEST_REASON = 300


class StoreBehind(NamedTuple):
    """A store that is behind; of `ALL_OTHERS` the position of those that are not. [-, ms]."""

    store: str
    position: int
    since_ms: int
    reason: str


class StoreProgress:
    """The rows of all partitions. Methods raise SQLAlchemyError when the database cannot be used."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def load(self, partition: int) -> Sequence[StoreBehind]:
        """Return what is known of a partition; nothing where all stores are level."""
        with self._engine.connect() as connection:
            return [StoreBehind(*row) for row in connection.execute(_LOAD, {"partition": partition})]

    def save(self, partition: int, rows: Iterable[StoreBehind]) -> None:
        """Replace what is known of a partition."""
        with self._engine.begin() as connection:
            connection.execute(_GONE, {"partition": partition})
            for row in rows:
                values = row._asdict() | {"partition": partition, "reason": row.reason[:_LONGEST_REASON]}
                connection.execute(_PUT, values)

    def behind(self) -> Sequence[StoreBehind]:
        """Return the stores that are behind anywhere, since when, and why."""
        with self._engine.connect() as connection:
            return [StoreBehind(*row) for row in connection.execute(_ALL)]


class SureProgress:
    """One partition's rows, written only while nobody else can have the partition.

    A member that stood still and was replaced would else take from its successor what it knows of stores behind.
    """

    def __init__(self, progress: StoreProgress, is_sure: Callable[[], bool]) -> None:
        self._progress, self._is_sure = progress, is_sure

    def load(self, partition: int) -> Sequence[StoreBehind]:
        """Return what is known of a partition."""
        return self._progress.load(partition)

    def save(self, partition: int, rows: Sequence[StoreBehind]) -> None:
        """Replace what is known of a partition, if it is surely ours."""
        if self._is_sure():
            self._progress.save(partition, rows)
