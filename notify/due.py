"""What waits in the outbox, and since when it is due: every statement that compares the times of its rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Select, and_, bindparam, case, func, inspect, literal, or_, select, update
from sqlalchemy.orm import Session, aliased

from anhu.contract.clock import MINUTE_MS
from anhu.contract.priority import Priority
from anhu.outbox.tables import UNDECIDED, WAITING, MessageState, Outbox
from anhu.registry.tables import Centre, Contact, Resident
from anhu.registry.time_zones import HOME_ZONE
from notify.subject import Subject

FARTHEST_MS = 30 * MINUTE_MS
"""No attempt is ever planned for later than this: what seems to be was written before the clock was set back. [ms]"""
_FARTHEST = bindparam("farthest_ms", type_=BigInteger)
_NOW = bindparam("now_ms", type_=BigInteger)
_AT_ONCE = literal(0, BigInteger)
_IS_PLANNED = Outbox.due_at_ms > Outbox.created_at_ms
_DUE_AT = case(
    (and_(Outbox.attempts == 0, ~_IS_PLANNED), _AT_ONCE),
    (and_(Outbox.attempts > 0, Outbox.due_at_ms > _FARTHEST), _AT_ONCE),
    else_=Outbox.due_at_ms,
)
"""When a waiting message is due: when its writer said, or at once; tried again in time if a clock was ahead. [ms]"""
_FREE_AT = case((Outbox.lease_until_ms > _FARTHEST, _AT_ONCE), else_=Outbox.lease_until_ms)
"""When a message's lease ends; one from a clock that was ahead has ended. [ms]"""


class Due(NamedTuple):
    """What waits.

    Attributes
    ----------
    at_ms : int, optional
        When the next message, lease or plan is due; None when nothing waits. [ms]
    unknown : int
        Messages about something that nobody here knows: they wait for a version that does.
    """

    at_ms: int | None
    unknown: int


class Found(NamedTuple):
    """A due message with all that it says.

    Attributes
    ----------
    row : Any
        What it is about, of its subject's own type; None when that is gone.
    zone : str
        Where the resident lives: times are told by that clock; empty for the installation's.
    """

    outbox: Outbox
    contact: Contact
    resident: Resident | None
    row: Any
    zone: str


class DueMessages:
    """Finds what is due.

    Parameters
    ----------
    subjects : mapping
        Kind -> what knows it (`notify.subjects.subjects`).
    """

    def __init__(self, subjects: Mapping[str, Subject[Any]]) -> None:
        self._subjects = subjects
        self._kinds = tuple(sorted(subjects))
        self._times = self._times_query()
        self._due = self._due_query()

    def next_due(self, session: Session, now_ms: int) -> Due:
        """Look what waits. [ms]."""
        unknown, *times = session.execute(self._times, {"farthest_ms": now_ms + FARTHEST_MS}).one()
        return Due(min((time for time in times if time is not None), default=None), unknown)

    def find(
        self,
        session: Session,
        now_ms: int,
        *,
        limit: int,
        min_priority: Priority,
        full: Collection[str],
        past: Collection[int] = (),
    ) -> list[Found]:
        """Lock due messages in one statement and return them, most urgent and oldest first. [ms].

        Parameters
        ----------
        full : collection of str
            Contacts whose messages must wait.
        past : collection of int
            Messages that need not, all the same.
        """
        bounds = {"now_ms": now_ms, "farthest_ms": now_ms + FARTHEST_MS, "min_priority": int(min_priority)}
        waits = {"full": sorted(full), "past": sorted(past)}
        found = session.execute(self._due, {**bounds, **waits, "most": limit}).all()
        return [
            Found(outbox, contact, resident, rows[self._kinds.index(outbox.subject_kind)], zone or "")
            for outbox, contact, resident, zone, *rows in found
        ]

    def clock_set_back(self, session: Session, now_ms: int, by_ms: int) -> None:
        """Bring attempts, leases and the subjects' plans forward; what is for a time of the wall clock stays. [ms]."""
        for kind in self._kinds:
            self._subjects[kind].clock_set_back(session, now_ms, by_ms)
        for column, which in ((Outbox.due_at_ms, Outbox.attempts > 0), (Outbox.lease_until_ms, literal(value=True))):
            moved = update(Outbox).where(column > now_ms, which).values({column: column - by_ms})
            session.execute(moved, execution_options={"synchronize_session": False})

    def _times_query(self) -> Select[Any]:
        known = Outbox.subject_kind.in_(self._kinds)
        of_subjects = [self._subjects[kind].next_due() for kind in self._kinds]
        return select(
            select(func.count()).where(Outbox.state.in_(UNDECIDED), ~known).scalar_subquery(),
            select(func.min(_DUE_AT)).where(Outbox.state.in_(WAITING), known).scalar_subquery(),
            select(func.min(_FREE_AT)).where(Outbox.state == MessageState.SENDING, known).scalar_subquery(),
            *[query for query in of_subjects if query is not None],
        )

    def _due_query(self) -> Select[Any]:
        """Return what is due and all that its message says, put together once: a call waits for it."""
        tables = [aliased(self._subjects[kind].table, name=kind) for kind in self._kinds]  # two may share a table
        query: Any = select(Outbox, Contact, Resident, HOME_ZONE, *tables).join(
            Contact, Contact.id == Outbox.contact_id
        )
        query = query.outerjoin(Resident, Resident.id == Outbox.resident_id)
        query = query.outerjoin(Centre, Centre.id == Resident.centre_id)
        for kind, table in zip(self._kinds, tables, strict=True):
            (identity,) = inspect(table).selectable.primary_key
            query = query.outerjoin(table, and_(Outbox.subject_kind == kind, identity == Outbox.subject_id))
        due: Select[Any] = (
            query.where(
                or_(
                    and_(Outbox.state.in_(WAITING), _DUE_AT <= _NOW),
                    and_(Outbox.state == MessageState.SENDING, _FREE_AT <= _NOW),
                ),
                Outbox.subject_kind.in_(self._kinds),
                Outbox.priority >= bindparam("min_priority"),
                or_(
                    Outbox.contact_id.not_in(bindparam("full", expanding=True)),
                    Outbox.id.in_(bindparam("past", expanding=True)),
                ),
            )
            .order_by(Outbox.priority.desc(), Outbox.due_at_ms, Outbox.id)
            .limit(bindparam("most"))
            .with_for_update(of=Outbox, skip_locked=True)
        )
        return due
