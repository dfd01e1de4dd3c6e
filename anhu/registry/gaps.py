"""What would end in silence: who is seen by no desk, told to nobody, asked by no device.

Each is a question to the database, which goes through a city's rows by itself; only whether an address can be reached
is asked here, contact by contact. A new kind of gap is a question here and a sentence in the catalogue (``gap.``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from heapq import nsmallest
from itertools import islice
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Select, and_, exists, func, literal, not_, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from anhu.contract.clock import DAY_MS, SECOND_MS
from anhu.registry.call_list import CALL_ONLY
from anhu.registry.heartbeat import lives, not_own
from anhu.registry.roles import Role
from anhu.registry.rota.model import ON_RESTDAYS, ON_WORKDAYS
from anhu.registry.rota.workdays import Calendar, china
from anhu.registry.rota_tables import RotaGapRow, RotaRow, RotaShift
from anhu.registry.tables import Centre, Contact, Device, FamilyLink, Resident, Team, User

SHOWN = 20
_PLANNED_MS = 45 * DAY_MS
"""How far ahead working days should be known. [ms]"""
_AT_ONCE = 5_000
"""How many rows are held at a time."""


class Named(NamedTuple):
    """One of those whom a gap concerns."""

    id: str
    name: str


class Gap(NamedTuple):
    """Something that is missing.

    Attributes
    ----------
    kind : str
        Its sentence is ``gap.`` and this.
    silent : bool
        A call for help would end in silence; else it is told to fewer people than it should be.
    total : int
        How many it concerns.
    first : tuple of Named
        The first of them.
    """

    kind: str
    silent: bool
    total: int
    first: tuple[Named, ...]


Flaw = Callable[[str, str], str]
"""Channel, address -> why nothing will ever reach it; empty: it may (`anhu.registry.contact_form.contact_flaw`)."""


def gaps(session: Session, flaw: Flaw, *, now_ms: int) -> list[Gap]:
    """Return what is missing, what ends in silence first. [ms]."""
    silent = {
        "resident_no_centre": _first(session, _LIVING.where(Resident.centre_id.is_(None))),
        "resident_untold": _kept(_untold(session, flaw)),
        "desk_sees_nobody": _first(session, _seeing_nobody(Role.DESK, User.centre_id)),
        "team_sees_nobody": _first(session, _seeing_nobody(Role.TEAM, User.team_id)),
        "vendor_sees_nobody": _first(session, _seeing_nobody(Role.VENDOR, User.vendor)),
        "centre_no_desk": _first(session, _unstaffed(Centre, Resident.centre_id, Role.DESK, User.centre_id)),
        "device_no_resident": _first(session, _DEVICES_OF_NOBODY),
        "contact_never": _broken_contacts(session, flaw),
    }
    fewer = {
        "resident_no_team": _first(session, _LIVING.where(Resident.team_id.is_(None))),
        "resident_no_device": _first(session, _LIVING.where(not_(exists().where(_IS_WATCHED)))),
        "team_no_member": _first(session, _unstaffed(Team, Resident.team_id, Role.TEAM, User.team_id)),
        "contact_no_owner": _first(session, _contacts_of_nobody()),
        "family_no_resident": _first(session, _RELATIVES_OF_NOBODY),
        "rota_gap": _kept(_owners(session, _WITH_GAPS)),
        "rota_days_unknown": _kept(_owners(session, _BY_WORKDAYS) if _days_end(now_ms) else iter(())),
    }
    found = [Gap(kind, kind in silent, total, first) for kind, (total, first) in (silent | fewer).items()]
    return [gap for gap in found if gap.total]


_Concerned: TypeAlias = tuple[int, tuple[Named, ...]]
_OWNER = Contact.owner_kind + ":" + Contact.owner_id
_LIVING = select(Resident.id, Resident.name).where(Resident.active, lives())
_IS_WATCHED = and_(Device.resident_id == Resident.id, Device.enabled, not_own(Device.id))
_behind = aliased(Device)
_DEVICES_OF_NOBODY = select(Device.id, literal("")).where(
    Device.enabled,
    not_own(Device.id),
    Device.resident_id.is_(None),
    not_(exists().where(_behind.parent_id == Device.id, _behind.enabled, _behind.resident_id.is_not(None))),
)
_RELATIVES_OF_NOBODY = select(User.id, User.name).where(
    User.enabled, User.role == Role.FAMILY, not_(exists().where(FamilyLink.user_id == User.id))
)
_OWNERS: Mapping[str, Select[str, str]] = {
    "centre": select(Centre.id, Centre.name).where(Centre.closed_at_ms.is_(None)),
    "team": select(Team.id, Team.name).where(Team.closed_at_ms.is_(None)),
    "user": select(User.id, User.name).where(User.enabled),
    "resident": _LIVING,
}
"""Who may own a contact."""


def _contacts_of_nobody() -> Select[str, str]:
    """Return the contacts of those who are not there: asked kind by kind, so that a city's are gone through at once."""
    listed = select(Contact.id, _OWNER).where(Contact.enabled, not_own(Contact.owner_id))
    of_kinds = []
    for kind, owners in _OWNERS.items():
        one = owners.subquery()
        of_kinds.append(listed.where(Contact.owner_kind == kind, not_(exists().where(one.c.id == Contact.owner_id))))
    every = union_all(listed.where(Contact.owner_kind.not_in(_OWNERS)), *of_kinds).subquery()
    return select(*every.c)


def _first(session: Session, wanted: Select[str, str]) -> _Concerned:
    """Return how many there are, and the first of them: in one look through the table."""
    every = wanted.subquery()
    row_id, name = every.c
    rows = session.execute(select(row_id, name, func.count().over()).order_by(row_id).limit(SHOWN)).all()
    return (rows[0][2] if rows else 0), tuple(Named(row[0], row[1]) for row in rows)


def _kept(concerned: Iterator[Named]) -> _Concerned:
    first = tuple(islice(concerned, SHOWN))
    return len(first) + sum(1 for _ in concerned), first


def _seeing_nobody(role: Role, column: InstrumentedAttribute[Any]) -> Select[str, str]:
    return select(User.id, User.name).where(User.enabled, User.role == role, func.coalesce(column, "") == "")


def _unstaffed(
    place: type[Centre | Team],
    lives_there: InstrumentedAttribute[str | None],
    role: Role,
    works_there: InstrumentedAttribute[str | None],
) -> Select[str, str]:
    """Return the centres or teams that look after somebody, and in which nobody works."""
    return select(place.id, place.name).where(
        place.closed_at_ms.is_(None),
        exists().where(lives_there == place.id, Resident.active, lives()),
        not_(exists().where(works_there == place.id, User.role == role, User.enabled)),
    )


def _untold(session: Session, flaw: Flaw) -> Iterator[Named]:
    """Yield residents with no contact that works: neither of their centre, nor of their team, nor of a relative."""
    centres, teams = (
        _untold_places(session, flaw, place, kind) for place, kind in ((Centre, "centre"), (Team, "team"))
    )
    alone = _LIVING.where(
        or_(Resident.centre_id.is_(None), Resident.centre_id.in_(centres)),
        or_(Resident.team_id.is_(None), Resident.team_id.in_(teams)),
    )
    for rows in session.execute(alone.order_by(Resident.id).execution_options(yield_per=_AT_ONCE)).partitions():
        told = _by_family(session, flaw, [row.id for row in rows])
        yield from (Named(row.id, row.name) for row in rows if row.id not in told)


def _untold_places(session: Session, flaw: Flaw, place: type[Centre | Team], kind: str) -> list[str]:
    """Return the centres or teams, in use or not, of which no contact works."""
    wanted = select(Contact.owner_id, Contact.channel, Contact.address)
    rows = session.execute(wanted.where(Contact.enabled, Contact.owner_kind == kind, Contact.channel != CALL_ONLY))
    told = {owner for owner, channel, address in rows if not flaw(channel, address)}
    return [one for one in session.scalars(select(place.id)) if one not in told]


def _by_family(session: Session, flaw: Flaw, residents: Sequence[str]) -> set[str]:
    """Return those of some residents whose relatives can be told."""
    wanted = (
        select(FamilyLink.resident_id, Contact.channel, Contact.address)
        .join(Contact, and_(Contact.owner_kind == "user", Contact.owner_id == FamilyLink.user_id))
        .where(FamilyLink.resident_id.in_(residents), Contact.enabled, Contact.channel != CALL_ONLY)
    )
    return {resident for resident, channel, address in session.execute(wanted) if not flaw(channel, address)}


def _broken_contacts(session: Session, flaw: Flaw) -> _Concerned:
    """Return the contacts that nothing reaches; without order, in which a city's would be fetched one by one."""
    wanted = select(Contact.id, Contact.owner_kind, Contact.owner_id, Contact.channel, Contact.address)
    every = wanted.where(Contact.enabled, not_own(Contact.owner_id)).execution_options(yield_per=_AT_ONCE)
    broken = [tuple(row) for row in session.execute(every) if flaw(row.channel, row.address)]
    first = [
        Named(contact_id, f"{_owner_name(session, kind, owner)} · {channel}: {flaw(channel, address)}")
        for contact_id, kind, owner, channel, address in nsmallest(SHOWN, broken)
    ]
    return len(broken), tuple(first)


def _owner_name(session: Session, kind: str, owner: str) -> str:
    one = _OWNERS[kind].subquery() if kind in _OWNERS else None
    name = None if one is None else session.scalar(select(one.c.name).where(one.c.id == owner))
    return name or f"{kind}:{owner}"


_ROTA = (RotaRow.owner_kind, RotaRow.owner_id)
_WITH_GAPS = (
    select(*_ROTA)
    .join(RotaGapRow, RotaGapRow.rota_id == RotaRow.id)
    .where(RotaGapRow.closed.is_(False))
    .order_by(RotaGapRow.start_ms)
)
_BY_WORKDAYS = (
    select(*_ROTA)
    .join(RotaShift, RotaShift.rota_id == RotaRow.id)
    .where(RotaShift.days.in_((ON_WORKDAYS, ON_RESTDAYS)), RotaRow.workdays == Calendar.CHINA)
    .order_by(RotaRow.id)
)


def _days_end(now_ms: int) -> bool:
    """Tell whether the notices of working days end within the time for which rotas are planned."""
    return datetime.fromtimestamp((now_ms + _PLANNED_MS) / SECOND_MS, tz=UTC).year > max(china().years)


def _owners(session: Session, rotas: Select[str, str]) -> Iterator[Named]:
    """Yield each owner once."""
    names: dict[str, str] = {}
    for kind in ("centre", "team"):
        names |= {f"{kind}:{one}": name for one, name in session.execute(_OWNERS[kind])}
    for owner in dict.fromkeys(f"{kind}:{one}" for kind, one in session.execute(rotas)):
        yield Named(owner, names.get(owner, ""))
