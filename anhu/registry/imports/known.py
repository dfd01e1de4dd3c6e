"""What the registry knows before an import: whom a row may mean, and what is written down of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVarTuple

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from anhu.registry.call_list import CALL_ONLY
from anhu.registry.people_tables import CareRecord, ResidentIdentity
from anhu.registry.roles import Role
from anhu.registry.tables import Centre, Contact, FamilyLink, Resident, Team, User

FACTS = (
    "name",
    "sex",
    "birth_date",
    "address",
    "phone",
    "access_note",
    "flags",
    "centre_id",
    "team_id",
    "tier",
    "external_number",
    "region_code",
)
RECORD = ("conditions", "medicines", "allergies")
_AT_ONCE = 5_000
_Columns = TypeVarTuple("_Columns")


@dataclass(frozen=True, slots=True)
class Known:
    """The registry as far as rows may mean it, by what they name.

    Attributes
    ----------
    by_digest : mapping
        Digest of an identity number -> resident.
    by_number : mapping
        Centre and external number -> resident.
    facts : mapping
        Resident -> columns of `FACTS`, then ``active`` and ``revision``.
    centres, teams : mapping
        Identity, and name where it is one's alone -> identity.
    relatives : mapping
        Number -> identity and name of the relative who is called there.
    links : mapping
        Resident -> linked relatives.
    numbered : mapping
        External number -> residents, whichever their centres.
    """

    by_digest: Mapping[bytes, str]
    by_number: Mapping[tuple[str, str], str]
    facts: Mapping[str, Mapping[str, Any]]
    records: Mapping[str, Mapping[str, Any]]
    centres: Mapping[str, str]
    teams: Mapping[str, str]
    team_centres: Mapping[str, str]
    relatives: Mapping[str, tuple[str, str]]
    links: Mapping[str, frozenset[str]]
    numbered: Mapping[str, Sequence[str]]


NOBODY = Known({}, {}, {}, {}, {}, {}, {}, {}, {}, {})
"""What is known of those who are all new."""


class Sought(NamedTuple):
    """Whom a sheet may mean: identities, digests of identity numbers, external numbers, phones of relatives."""

    residents: Collection[str] = ()
    digests: Collection[bytes] = ()
    numbers: Collection[str] = ()
    phones: Collection[str] = ()


def read_known(session: Session, sought: Sought) -> Known:
    """Fetch what an import must know of those whom it may mean; a city's other residents do not matter to it."""
    by_digest = _identities(session, ResidentIdentity.digest, sought.digests)
    columns = (Resident.id, Resident.active, Resident.revision, *(getattr(Resident, name) for name in FACTS))
    facts = {
        row.id: row._asdict()
        for column, values in (
            (Resident.id, {*sought.residents, *by_digest.values()}),
            (Resident.external_number, {*sought.numbers} - {""}),
        )
        for row in _of(session, select(*columns), column, values)
    }
    by_number = {(row["centre_id"] or "", row["external_number"]): one for one, row in facts.items()}
    numbered: dict[str, list[str]] = {}
    for (_, number), one in by_number.items():
        numbered.setdefault(number, []).append(one)
    records = select(CareRecord.resident_id, *(getattr(CareRecord, name) for name in RECORD))
    teams = session.execute(select(Team.id, Team.name, Team.centre_id)).all()
    links: dict[str, set[str]] = {}
    linked = select(FamilyLink.resident_id, FamilyLink.user_id)
    for resident_id, user_id in _of(session, linked, FamilyLink.resident_id, facts):
        links.setdefault(resident_id, set()).add(user_id)
    return Known(
        by_digest=by_digest | _identities(session, ResidentIdentity.resident_id, facts),
        by_number=by_number,
        facts=facts,
        records={row[0]: row._asdict() for row in _of(session, records, CareRecord.resident_id, facts)},
        centres=_named(session.execute(select(Centre.id, Centre.name)).all()),
        teams=_named(teams),
        team_centres={row.id: row.centre_id or "" for row in teams},
        relatives=_relatives(session, sought.phones),
        links={one: frozenset(found) for one, found in links.items()},
        numbered=numbered,
    )


def _of(
    session: Session, wanted: Select[*_Columns], column: InstrumentedAttribute[Any], values: Collection[Any]
) -> Iterator[Row[*_Columns]]:
    """Yield the rows whose column has one of the values, some thousands at a time."""
    listed = sorted(values)
    for start in range(0, len(listed), _AT_ONCE):
        yield from session.execute(wanted.where(column.in_(listed[start : start + _AT_ONCE])))


def _identities(session: Session, column: InstrumentedAttribute[Any], values: Collection[Any]) -> dict[bytes, str]:
    wanted = select(ResidentIdentity.digest, ResidentIdentity.resident_id)
    return {row[0]: row[1] for row in _of(session, wanted, column, values)}


def _named(rows: Any) -> Mapping[str, str]:  # noqa: ANN401 - rows of a select
    names = [row.name for row in rows]
    return {row.name: row.id for row in rows if names.count(row.name) == 1} | {row.id: row.id for row in rows}


def _relatives(session: Session, phones: Collection[str]) -> Mapping[str, tuple[str, str]]:
    wanted = select(Contact.address, User.id, User.name).join(User, User.id == Contact.owner_id)
    wanted = wanted.where(Contact.owner_kind == "user", Contact.channel == CALL_ONLY, User.role == Role.FAMILY)
    rows = _of(session, wanted.order_by(User.id.desc()), Contact.address, phones)
    return {row[0]: (row[1], row[2]) for row in rows}


def state_of(session: Session) -> tuple[int, ...]:
    """Return what differs after anybody changed what an import builds on."""
    counted = (Resident, Centre, Team, User, Contact, FamilyLink, ResidentIdentity)
    numbers = [session.scalar(select(func.count()).select_from(table)) or 0 for table in counted]
    return (*numbers, session.scalar(select(func.sum(Resident.revision))) or 0)
