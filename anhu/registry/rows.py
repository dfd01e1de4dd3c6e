"""Fetching, adding and changing single rows, with errors that name what was wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from sqlalchemy import Integer, inspect
from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError
from anhu.registry.errors import MissingRowError, TakenError
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
        length = getattr(columns[name].type, "length", None)
        if isinstance(value, str) and length is not None and len(value) > length:
            raise FieldError(name, value, f"at most {length} characters")
        if isinstance(value, str) and isinstance(columns[name].type, Integer):
            raise FieldError(name, value, "a number")
        setattr(row, name, value)
    session.flush()
    return row
