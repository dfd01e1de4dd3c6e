"""The list of all processes of an installation: each puts itself on it, and takes itself off when it ends.

One that vanished stays on it, growing old, until somebody takes it off. It goes by the database's clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from anhu.contract.clock import SECOND_MS
from anhu.registry.process_tables import ProcessStatus

_MOST = 1_000


class Said(NamedTuple):
    """The last words of one instance.

    Attributes
    ----------
    age_ms : int
        How long ago it said them. [ms]
    """

    process: str
    instance: str
    pid: int
    age_ms: int
    counters: Mapping[str, float]


def put(session: Session, process: str, instance: str, *, pid: int, counters: Mapping[str, float]) -> None:
    """Replace what an instance said."""
    on_postgres = _is_postgres(session)
    values = {"process": process, "instance": instance, "pid": pid, "at_ms": _now_ms(session), "counters": counters}
    insert = (postgresql.insert if on_postgres else sqlite.insert)(ProcessStatus).values(**values)
    changes = {name: insert.excluded[name] for name in ("pid", "at_ms", "counters")}
    session.execute(insert.on_conflict_do_update(index_elements=["process", "instance"], set_=changes))


def read(session: Session) -> Sequence[Said]:
    """Return everybody on the list, by name; of a list that grew beyond bounds those that said something last."""
    one = ProcessStatus
    age_ms = (_now_ms(session) - one.at_ms).label("age_ms")
    newest = select(one.process, one.instance, one.pid, age_ms, one.counters).order_by(one.at_ms.desc()).limit(_MOST)
    return sorted((Said(*row) for row in session.execute(newest)), key=lambda said: said[:2])


def take_off(session: Session, process: str, instance: str) -> bool:
    """Take an instance off the list; tell whether it was on it."""
    gone = delete(ProcessStatus).where(ProcessStatus.process == process, ProcessStatus.instance == instance)
    return session.execute(gone.returning(ProcessStatus.process)).first() is not None


def _now_ms(session: Session) -> ColumnElement[Any]:
    if _is_postgres(session):
        return func.floor(func.extract("epoch", func.clock_timestamp()) * SECOND_MS).cast(postgresql.BIGINT)
    return func.cast(func.unixepoch("now"), sqlite.INTEGER) * SECOND_MS


def _is_postgres(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
