"""The policies as they stand in the database, kept in memory until one of them changes.

An alarm that is raised asks one thing, by index: is there a newer version than those in memory; the same statement
says whose organisation the home belongs to, and by which clock it lives. A version never changes, so an alarm that
runs by one asks nothing.

A running alarm keeps the version that it began with until it is news again: worse, back, or its answer has run out.
Steps are told apart by their number, and the same number in another version is another step: who changes a policy in
the middle of an alarm would make it skip a step, or take one twice. Whom a step reaches is looked up when it is
taken, so a new telephone number, leave or a swapped shift counts at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, bindparam, func, select
from sqlalchemy.orm import Session

from alerts.episodes.policies.choosing import Case, Choice, choose
from alerts.episodes.policies.defaults import default_policy
from alerts.episodes.policies.plain import policy_from
from alerts.episodes.policies.policy import Policy
from alerts.policy_tables import EscalationPolicy
from alerts.tables import Alert
from anhu.contract.priority import Priority
from anhu.registry.tables import Centre, Resident

_MOST_OLD = 500
"""Versions kept in memory that count no more, for alarms that still run by them."""
_NEWEST = select(func.max(EscalationPolicy.number)).scalar_subquery()
_LOOK = select(_NEWEST, Centre.organisation_id, Centre.time_zone).where(Centre.id == bindparam("centre_id"))


@dataclass(slots=True)
class _Book:
    """What one database holds.

    Attributes
    ----------
    newest : int
        Number of the newest version that was read.
    """

    newest: int = 0
    policies: Sequence[Policy] = ()
    by_number: dict[int, Policy] = field(default_factory=dict)


_BOOKS: WeakKeyDictionary[Engine, _Book] = WeakKeyDictionary()


def policy_of(session: Session, alert: Alert) -> Policy:
    """Return the policy that an alarm runs by."""
    fallback = default_policy(alert.kind, Priority(alert.priority))
    if not alert.policy_number:
        return fallback
    book = _book(session)
    found = book.by_number.get(alert.policy_number)
    if found is None:
        row = session.get(EscalationPolicy, alert.policy_number)
        if row is None:
            return fallback
        if len(book.by_number) >= _MOST_OLD:
            book.by_number = {one.number: one for one in book.policies}
        found = book.by_number[row.number] = policy_of_row(row)
    return found


def begin_policy(session: Session, alert: Alert, now_ms: int) -> Policy:
    """Choose the policy of an alarm that is news, and have it run by that from now on. [ms]."""
    resident = session.get_one(Resident, alert.resident_id)
    policy = chosen(session, resident, alert.kind, Priority(alert.priority), now_ms).policy
    alert.policy_number = policy.number
    return policy


def chosen(session: Session, resident: Resident, kind: str, priority: Priority, at_ms: int) -> Choice:
    """Return which policy counts for a resident's alarm, and why. [ms]."""
    if priority < Priority.MEDIUM:
        return choose((), Case("", kind, priority, "", "", at_ms))
    with session.no_autoflush:
        look = session.execute(_LOOK, {"centre_id": resident.centre_id}).first()
        newest, organisation_id, zone = look or (session.scalar(select(_NEWEST)), None, "")
        policies = _policies(session, newest or 0)
    case = Case(organisation_id or "", kind, priority, resident.tier, resident.time_zone or zone, at_ms)
    return choose(policies, case)


def policy_of_row(row: EscalationPolicy) -> Policy:
    """Return what a version says."""
    return policy_from(
        row.content,
        name=row.name,
        organisation_id=row.organisation_id,
        policy_id=row.policy_id,
        number=row.number,
    )


def current_rows(session: Session) -> Sequence[EscalationPolicy]:
    """Return the newest version of every policy that has not ended."""
    newest = select(func.max(EscalationPolicy.number)).group_by(EscalationPolicy.policy_id)
    rows = select(EscalationPolicy).where(EscalationPolicy.number.in_(newest), EscalationPolicy.has_ended.is_(False))
    return session.scalars(rows.order_by(EscalationPolicy.number)).all()


def _policies(session: Session, newest: int) -> Sequence[Policy]:
    book = _book(session)
    if book.newest != newest:
        policies = [policy_of_row(row) for row in current_rows(session)]
        book = _Book(newest, policies, _known(book.by_number, policies))
        _BOOKS[_engine(session)] = book
    return book.policies


def _known(before: Mapping[int, Policy], policies: Sequence[Policy]) -> dict[int, Policy]:
    kept = dict(before) if len(before) < _MOST_OLD else {}
    return kept | {one.number: one for one in policies}


def _book(session: Session) -> _Book:
    return _BOOKS.setdefault(_engine(session), _Book())


def _engine(session: Session) -> Engine:
    bind: Any = session.get_bind()
    engine: Engine = bind.engine
    return engine
