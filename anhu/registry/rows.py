"""Fetching, adding and changing single rows, with errors that name what was wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from sqlalchemy import Integer, inspect
from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError
from anhu.registry.errors import MissingRowError, TakenError
from anhu.registry.facts import check_fact
from anhu.registry.tables import Base

RowT = TypeVar("RowT", bound=Base)


def existing(session: Session, table: type[RowT], row_id: str, *, lock: bool = False) -> RowT:
    """Return a row by its identity; `lock` keeps others from changing it until the transaction ends.

    Raises
    ------
    MissingRowError
        If there is no such row.
    """
    wanted = {"key_share": True} if lock else None  # rows that refer to this one may still be added
    row = session.get(table, row_id, with_for_update=wanted, populate_existing=lock)
    if row is None:
        raise MissingRowError(table.__tablename__, row_id)
    return row


def add_new(session: Session, row: RowT, row_id: str) -> RowT:
    """Add a row whose identity must be new.

    Raises
    ------
    TakenError
        If the identity is in use.
    """
    check_facts(row)
    if session.get(type(row), row_id) is not None:
        raise TakenError(row.__tablename__, row_id)
    session.add(row)
    session.flush()
    return row


def change(session: Session, row: RowT, changes: Mapping[str, object], allowed: frozenset[str]) -> RowT:
    """Set columns of a row.

    Raises
    ------
    FieldError
        If a name is not one of the columns that may be changed, or a text does not fit its column.
    """
    columns = inspect(type(row)).columns
    for name, value in changes.items():
        if name not in allowed:
            raise FieldError(name, value, "one of " + ", ".join(sorted(allowed)))
        if isinstance(value, str) and isinstance(columns[name].type, Integer):
            raise FieldError(name, value, "a number")
        setattr(row, name, _checked(row, name, value) if isinstance(value, str) else value)
    session.flush()
    return row


def check_facts(row: Base) -> None:
    """Trim the texts of a new row. Raises `FieldError` for what may not be written down."""
    for name in inspect(type(row)).columns.keys():  # noqa: SIM118 - a collection of columns is no mapping
        value = getattr(row, name)
        if isinstance(value, str):
            setattr(row, name, _checked(row, name, value))


def _checked(row: Base, name: str, value: str) -> str:
    longest = getattr(inspect(type(row)).columns[name].type, "length", None)
    made_ms = getattr(row, "created_at_ms", None)
    return check_fact(row.__tablename__, name, value, longest=longest, created_at_ms=made_ms)
