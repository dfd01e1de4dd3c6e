"""A shard that was paused and replaced writes nothing more: every transaction asks first whose the position is.

The row of the position carries the epoch of its owner (`anhu.registry.shard_leases`). A new owner writes its epoch
there before it reads where to go on, and waits until a transaction of the former one has ended. Whoever writes
afterwards under an older epoch finds no such row, and is told so. The row is locked first and the alerts afterwards, by
everybody who holds both (docs/decisions/one-order-of-locks.md).
"""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import Connection, CursorResult, event, select, update
from sqlalchemy.orm import Session, sessionmaker

from alerts.tables import ConsumerState
from anhu.log.port import Position
from anhu.registry.database import engine_of
from anhu.registry.shard_leases import FencedError


def seize(sessions: sessionmaker[Session], consumer: str, epoch: int, *, begins_at: Position) -> None:
    """Make a consumer's row this owner's; from now on no older one writes.

    Parameters
    ----------
    begins_at : int
        Where a consumer begins that has never run.

    Raises
    ------
    FencedError
        If a newer owner was faster.
    """
    mine = update(ConsumerState).where(ConsumerState.consumer == consumer, ConsumerState.epoch <= epoch)
    with sessions.begin() as session:
        seized = session.execute(mine.values(epoch=epoch), execution_options={"synchronize_session": False})
        if cast("CursorResult[Any]", seized).rowcount:
            return
        if session.get(ConsumerState, consumer) is not None:
            raise FencedError(f"{consumer}: epoch {epoch} is over")
        session.add(ConsumerState(consumer=consumer, position=begins_at, epoch=epoch))


def ask(sessions: sessionmaker[Session]) -> None:
    """Do nothing but begin a transaction: a shard that somebody else has taken over is told so."""
    with sessions.begin() as session:
        session.connection()


def fenced(sessions: sessionmaker[Session], consumer: str, epoch: int) -> sessionmaker[Session]:
    """Return a maker of sessions whose transactions raise `FencedError` before anything else if the epoch is over."""
    mine = select(ConsumerState.epoch).where(ConsumerState.consumer == consumer, ConsumerState.epoch == epoch)
    asked = mine.with_for_update()
    maker = sessionmaker(engine_of(sessions), expire_on_commit=False)

    def ask(_session: Session, _transaction: object, connection: Connection) -> None:
        if connection.execute(asked).scalar() is None:
            raise FencedError(f"{consumer}: epoch {epoch} is over")

    event.listen(maker, "after_begin", ask)
    return maker
