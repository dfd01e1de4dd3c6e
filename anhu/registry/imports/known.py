"""What the registry knows before an import: whom a row may mean, and what is written down of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

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


@dataclass(frozen=True, slots=True)
class Known:
    """The registry, by what rows name.

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


NOBODY = Known({}, {}, {}, {}, {}, {}, {}, {}, {})
"""What is known of those who are all new."""


def read_known(session: Session) -> Known:
    """Fetch what an import must know, in eight statements."""
    columns = [getattr(Resident, name) for name in FACTS]
    rows = session.execute(select(Resident.id, Resident.active, Resident.revision, *columns)).all()
    facts = {row.id: row._asdict() for row in rows}
    digests = session.execute(select(ResidentIdentity.digest, ResidentIdentity.resident_id))
    records = session.execute(select(CareRecord.resident_id, *(getattr(CareRecord, name) for name in RECORD)))
    teams = session.execute(select(Team.id, Team.name, Team.centre_id)).all()
    links: dict[str, set[str]] = {}
    for resident_id, user_id in session.execute(select(FamilyLink.resident_id, FamilyLink.user_id)):
        links.setdefault(resident_id, set()).add(user_id)
    return Known(
        by_digest={row[0]: row[1] for row in digests},
        by_number={(row.centre_id or "", row.external_number): row.id for row in rows if row.external_number},
        facts=facts,
        records={row[0]: row._asdict() for row in records},
        centres=_named(session.execute(select(Centre.id, Centre.name)).all()),
        teams=_named(teams),
        team_centres={row.id: row.centre_id or "" for row in teams},
        relatives=_relatives(session),
        links={one: frozenset(found) for one, found in links.items()},
    )


def _named(rows: Any) -> Mapping[str, str]:  # noqa: ANN401 - rows of a select
    names = [row.name for row in rows]
    return {row.name: row.id for row in rows if names.count(row.name) == 1} | {row.id: row.id for row in rows}


def _relatives(session: Session) -> Mapping[str, tuple[str, str]]:
    wanted = select(Contact.address, User.id, User.name).join(User, User.id == Contact.owner_id)
    wanted = wanted.where(Contact.owner_kind == "user", Contact.channel == CALL_ONLY, User.role == Role.FAMILY)
    return {row[0]: (row[1], row[2]) for row in session.execute(wanted.order_by(User.id.desc()))}


def state_of(session: Session) -> tuple[int, ...]:
    """Return what differs after anybody changed what an import builds on."""
    counted = (Resident, Centre, Team, User, Contact, FamilyLink, ResidentIdentity)
    numbers = [session.scalar(select(func.count()).select_from(table)) or 0 for table in counted]
    return (*numbers, session.scalar(select(func.sum(Resident.revision))) or 0)
