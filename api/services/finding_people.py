"""Residents found by name, sound, address, identity or phone, and in which order they are listed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from alerts.tables import Alert
from anhu.registry.tables import Contact, FamilyLink, Resident
from api.pinyin import sounds_like, syllables
from api.services.counting import Counted, count_up_to
from api.services.paging import decode_cursor, encode_cursor

SORTED_UP_TO = 20_000
"""Of more residents than this the list is in the database's order of names, and is not searched by sound."""
_PHONE = re.compile(r"[\d +()-]+")
_LEAST_DIGITS = 3
_MAINLAND = re.compile(r"^(?:00)?86(?=1\d{10}$)")


class Sort(StrEnum):
    """In which order residents are listed."""

    STATE = "state"
    """Those with open alerts first, the most urgent before all; then by sound."""
    NAME = "name"
    """By sound."""


class FoundIds(NamedTuple):
    """A page of identities, in order."""

    ids: list[str]
    total: Counted
    next_cursor: str


class _Row(NamedTuple):
    rank: int
    sound: str
    id: str


def found_ids(
    session: Session,
    visible: Sequence[ColumnElement[bool]],
    *,
    search: str,
    sort: Sort,
    cursor: str,
    limit: int,
    relatives: bool,
) -> FoundIds:
    """Return a page of residents among the visible ones.

    Parameters
    ----------
    relatives : bool
        Whether the phones of relatives are searched too.
    """
    total = count_up_to(session, select(Resident.id).where(*visible), SORTED_UP_TO)
    wanted = [*visible, _holds(search, relatives=relatives)] if search else list(visible)
    if total.has_more:
        return _by_database(session, wanted, cursor, limit)
    names = {row[0]: row[1] for row in session.execute(select(Resident.id, Resident.name).where(*visible))}
    if search:
        held = set(session.scalars(select(Resident.id).where(*wanted)))
        names = {one: name for one, name in names.items() if one in held or sounds_like(name, search)}
    ranks = _ranks(session, visible) if sort is Sort.STATE else {}
    rows = sorted(_Row(ranks.get(one, 0), " ".join(syllables(name)), one) for one, name in names.items())
    after = decode_cursor(cursor, int, str, str)
    rest = [row for row in rows if after is None or row > after]
    following = encode_cursor(*rest[limit - 1]) if len(rest) > limit else ""
    return FoundIds([row.id for row in rest[:limit]], Counted(len(rows)), following)


def _by_database(session: Session, wanted: Sequence[ColumnElement[bool]], cursor: str, limit: int) -> FoundIds:
    total = count_up_to(session, select(Resident.id).where(*wanted), SORTED_UP_TO)
    if not total.number:
        return FoundIds([], total, "")
    query = select(Resident.name, Resident.id).where(*wanted).order_by(Resident.name, Resident.id)
    if after := decode_cursor(cursor, int, str, str):
        _, name, last = after
        query = query.where(or_(Resident.name > name, and_(Resident.name == name, Resident.id > last)))
    rows = session.execute(query.limit(limit + 1)).all()
    following = encode_cursor(0, *rows[limit - 1]) if len(rows) > limit else ""
    return FoundIds([row[1] for row in rows[:limit]], total, following)


def _holds(search: str, *, relatives: bool) -> ColumnElement[bool]:
    columns = (Resident.name, Resident.address, Resident.id)
    found = [column.contains(search, autoescape=True) for column in columns]
    digits = _digits(search)
    if digits:
        found.append(_bare(Resident.phone).contains(digits))
    if digits and relatives:
        # Of each resident, by an index: a list of all contacts with these digits is made of every contact of a city.
        of_relatives = exists().where(
            FamilyLink.resident_id == Resident.id,
            Contact.owner_id == FamilyLink.user_id,
            Contact.owner_kind == "user",
            _bare(Contact.address).contains(digits),
        )
        found.append(of_relatives)
    return or_(*found)


def _digits(search: str) -> str:
    """Return the digits of what looks like a phone number, without the country's and the zero before an area's."""
    digits = re.sub(r"\D", "", search)
    return _MAINLAND.sub("", digits).lstrip("0") if _PHONE.fullmatch(search) and len(digits) >= _LEAST_DIGITS else ""


def _bare(column: InstrumentedAttribute[str]) -> ColumnElement[str]:
    bare = func.replace(column, " ", "")
    for mark in ("-", "(", ")"):
        bare = func.replace(bare, mark, "")
    return bare


def _ranks(session: Session, visible: Sequence[ColumnElement[bool]]) -> Mapping[str, int]:
    """Return resident -> place of those with open alerts, the most urgent lowest."""
    worst = (
        select(Alert.resident_id, func.max(Alert.priority))
        .join(Resident, Resident.id == Alert.resident_id)
        .where(Alert.is_open, *visible)
        .group_by(Alert.resident_id)
    )
    return {row[0]: -row[1] for row in session.execute(worst)}
