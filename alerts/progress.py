"""How far the engine has read the LOG, and its snapshot: kept beside the alerts they belong to."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import msgspec
from sqlalchemy import CursorResult, bindparam, delete, select, update
from sqlalchemy.orm import Session

from alerts.engine.resident_finding import ResidentFinding
from alerts.tables import ConsumerRest, ConsumerSnapshot, ConsumerState
from anhu.contract.errors import AnhuError

_LOG = logging.getLogger(__name__)


class Progress(NamedTuple):
    """Where a consumer stands.

    Attributes
    ----------
    position : int
        Everything before it is in the database: stored, or kept to be stored (`rest_of`).
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


def rest_of(session: Session, consumer: str, counts: Counter[str]) -> list[ResidentFinding]:
    """Return what was found before the position and is not stored; what cannot be read is counted, and told aloud."""
    kept = session.get(ConsumerRest, consumer)
    if kept is None:
        return []
    try:
        return msgspec.msgpack.decode(kept.findings, type=list[ResidentFinding])
    except msgspec.DecodeError:
        counts["unreadable_rests"] += 1
        _LOG.exception("findings that were left to store cannot be read: look at the residents' recent events")
        return []


def save_rest(session: Session, consumer: str, rest: Sequence[ResidentFinding]) -> None:
    """Keep what is found but not stored, in the transaction that stores a part of it; empty: nothing is left."""
    session.execute(delete(ConsumerRest).where(ConsumerRest.consumer == consumer))
    if rest:
        session.add(ConsumerRest(consumer=consumer, findings=msgspec.msgpack.encode([*rest])))
        session.flush()


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
