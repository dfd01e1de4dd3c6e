"""How far the engine has read the LOG, and its snapshot: kept beside the alerts they belong to."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

from sqlalchemy import CursorResult, bindparam, select, update
from sqlalchemy.orm import Session

from alerts.tables import ConsumerSnapshot, ConsumerState
from anhu.contract.errors import AnhuError


class Progress(NamedTuple):
    """Where a consumer stands.

    Attributes
    ----------
    position : int
        Everything before it is in the database.
    snapshot_position : int
        The snapshot holds everything before it.
    """

    position: int
    snapshot_position: int
    snapshot: bytes


_MOVED = (
    update(ConsumerState)
    .where(ConsumerState.consumer == bindparam("who"), ConsumerState.position == bindparam("stands_at"))
    .values(position=bindparam("goes_to"))
)


class LostPositionError(AnhuError):
    """Somebody else moved this consumer: two engines run on one database, and this one must stop."""


def position_of(session: Session, consumer: str) -> int | None:
    """Return where a consumer stands; None when it has never run."""
    return session.scalar(select(ConsumerState.position).where(ConsumerState.consumer == consumer))


def progress(session: Session, consumer: str) -> Progress | None:
    """Return where a consumer stands, and its snapshot; None when it has never run."""
    position = position_of(session, consumer)
    if position is None:
        return None
    kept = session.get(ConsumerSnapshot, consumer)
    return Progress(position, kept.position, kept.snapshot) if kept else Progress(position, 0, b"")


def move(session: Session, consumer: str, *, before: int | None, after: int) -> None:
    """Move a consumer on; `before` is where this engine left it, None for its first step.

    Raises
    ------
    LostPositionError
        If it no longer stands there. The transaction must be rolled back: its alerts are raised already.
    """
    if before is None:
        if position_of(session, consumer) is not None:
            raise LostPositionError(f"consumer {consumer!r} runs already")
        session.add(ConsumerState(consumer=consumer, position=after))
        session.flush()
        return
    who = {"who": consumer, "stands_at": before, "goes_to": after}
    result = session.execute(_MOVED, who, execution_options={"synchronize_session": False})
    if cast("CursorResult[Any]", result).rowcount != 1:
        raise LostPositionError(f"consumer {consumer!r} no longer stands at {before}")


def save_snapshot(session: Session, consumer: str, *, position: int, snapshot: bytes) -> None:
    """Keep the engine's state as it is after everything before a position."""
    result = session.execute(
        update(ConsumerSnapshot)
        .where(ConsumerSnapshot.consumer == consumer)
        .values(position=position, snapshot=snapshot),
        execution_options={"synchronize_session": False},
    )
    if not cast("CursorResult[Any]", result).rowcount:
        session.add(ConsumerSnapshot(consumer=consumer, position=position, snapshot=snapshot))
