"""What would end in silence: who is seen by no desk, told to nobody, asked by no device. Pure over the registry.

`read` fetches the registry in nine statements; `gaps` says what is missing. A new kind of gap is a function here and a
sentence in the catalogue (``gap.``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

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
Row = Any
"""A row of a select; its columns are named in `read`."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """The registry as far as it matters here: what is active or enabled."""

    centres: Sequence[Row]
    teams: Sequence[Row]
    residents: Sequence[Row]
    devices: Sequence[Row]
    users: Sequence[Row]
    links: Sequence[Row]
    contacts: Sequence[Row]
    rotas: Sequence[Row]
    """Whose rota has gaps ahead, a row a gap; found by the dispatcher."""
    workday_rotas: Sequence[Row]
    """Whose shifts go by China's working days."""


Flaw = Callable[[str, str], str]
"""Channel, address -> why nothing will ever reach it; empty: it may (`anhu.registry.contact_form.contact_flaw`)."""


def read(session: Session) -> Registry:
    """Fetch the registry."""
    device = (Device.id, Device.resident_id, Device.parent_id, Device.alarms)
    contact = (Contact.id, Contact.owner_kind, Contact.owner_id, Contact.channel, Contact.address)
    person = (Resident.id, Resident.name, Resident.centre_id, Resident.team_id)
    return Registry(
        centres=session.execute(select(Centre.id, Centre.name).where(Centre.closed_at_ms.is_(None))).all(),
        teams=session.execute(select(Team.id, Team.name).where(Team.closed_at_ms.is_(None))).all(),
        residents=session.execute(select(*person).where(Resident.active, lives()).order_by(Resident.id)).all(),
        devices=session.execute(select(*device).where(Device.enabled, not_own(Device.id)).order_by(Device.id)).all(),
        users=session.execute(
            select(User.id, User.name, User.role, User.centre_id, User.team_id, User.vendor)
            .where(User.enabled)
            .order_by(User.id)
        ).all(),
        links=session.execute(select(FamilyLink.user_id, FamilyLink.resident_id)).all(),
        contacts=session.execute(
            select(*contact).where(Contact.enabled, not_own(Contact.owner_id)).order_by(Contact.id)
        ).all(),
        rotas=session.execute(_WITH_GAPS).all(),
        workday_rotas=session.execute(_BY_WORKDAYS).all(),
    )


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


def gaps(registry: Registry, flaw: Flaw, *, now_ms: int) -> list[Gap]:
    """Return what is missing, what ends in silence first. [ms]."""
    flaws = {one.id: flaw(one.channel, one.address) for one in registry.contacts}
    silent = {
        **_of_residents(registry, flaws),
        **_of_users(registry),
        "centre_no_desk": _centres_without_desk(registry),
        "device_no_resident": _devices_of_nobody(registry),
        "contact_never": _broken_contacts(registry, flaws),
    }
    fewer = {
        "resident_no_team": (_named(one) for one in registry.residents if not one.team_id),
        "resident_no_device": _residents_without_device(registry),
        "team_no_member": _teams_without_member(registry),
        "contact_no_owner": _contacts_of_nobody(registry),
        "family_no_resident": _relatives_of_nobody(registry),
        "rota_gap": _owners(registry, registry.rotas),
        "rota_days_unknown": _owners(registry, registry.workday_rotas) if _days_end(now_ms) else iter(()),
    }
    found = [_gap(kind, concerned, silent=True) for kind, concerned in silent.items()]
    found += [_gap(kind, concerned, silent=False) for kind, concerned in fewer.items()]
    return [gap for gap in found if gap.total]


def _gap(kind: str, concerned: Iterator[Named], *, silent: bool) -> Gap:
    every = list(concerned)
    return Gap(kind, silent, len(every), tuple(every[:SHOWN]))


def _named(row: Row) -> Named:
    return Named(row.id, row.name)


def _of_residents(registry: Registry, flaws: Mapping[str, str]) -> dict[str, Iterator[Named]]:
    told = {
        (one.owner_kind, one.owner_id) for one in registry.contacts if not flaws[one.id] and one.channel != CALL_ONLY
    }
    by_family = {link.resident_id for link in registry.links if ("user", link.user_id) in told}
    return {
        "resident_no_centre": (_named(one) for one in registry.residents if not one.centre_id),
        "resident_untold": (
            _named(one)
            for one in registry.residents
            if not {("centre", one.centre_id), ("team", one.team_id)} & told and one.id not in by_family
        ),
    }


def _of_users(registry: Registry) -> dict[str, Iterator[Named]]:
    return {
        "desk_sees_nobody": _seeing_nobody(registry, Role.DESK, "centre_id"),
        "team_sees_nobody": _seeing_nobody(registry, Role.TEAM, "team_id"),
        "vendor_sees_nobody": _seeing_nobody(registry, Role.VENDOR, "vendor"),
    }


def _seeing_nobody(registry: Registry, role: Role, column: str) -> Iterator[Named]:
    return (_named(one) for one in registry.users if one.role == role and not getattr(one, column))


def _centres_without_desk(registry: Registry) -> Iterator[Named]:
    staffed = {one.centre_id for one in registry.users if one.role == Role.DESK}
    used = {one.centre_id for one in registry.residents}
    return (_named(one) for one in registry.centres if one.id in used and one.id not in staffed)


def _devices_of_nobody(registry: Registry) -> Iterator[Named]:
    gateways = {one.parent_id for one in registry.devices if one.resident_id}
    return (Named(one.id, "") for one in registry.devices if not one.resident_id and one.id not in gateways)


def _broken_contacts(registry: Registry, flaws: Mapping[str, str]) -> Iterator[Named]:
    owners = {
        "centre": registry.centres,
        "team": registry.teams,
        "user": registry.users,
        "resident": registry.residents,
    }
    names = {(kind, row.id): row.name for kind, rows in owners.items() for row in rows}
    for one in registry.contacts:
        if flaws[one.id]:
            name = names.get((one.owner_kind, one.owner_id)) or f"{one.owner_kind}:{one.owner_id}"
            yield Named(one.id, f"{name} · {one.channel}: {flaws[one.id]}")


def _residents_without_device(registry: Registry) -> Iterator[Named]:
    watched = {one.resident_id for one in registry.devices}
    return (_named(one) for one in registry.residents if one.id not in watched)


def _teams_without_member(registry: Registry) -> Iterator[Named]:
    staffed = {one.team_id for one in registry.users if one.role == Role.TEAM}
    used = {one.team_id for one in registry.residents}
    return (_named(one) for one in registry.teams if one.id in used and one.id not in staffed)


def _contacts_of_nobody(registry: Registry) -> Iterator[Named]:
    owners = {("centre", one.id) for one in registry.centres} | {("team", one.id) for one in registry.teams}
    owners |= {("user", one.id) for one in registry.users} | {("resident", one.id) for one in registry.residents}
    return (
        Named(one.id, f"{one.owner_kind}:{one.owner_id}")
        for one in registry.contacts
        if (one.owner_kind, one.owner_id) not in owners
    )


def _days_end(now_ms: int) -> bool:
    """Tell whether the notices of working days end within the time for which rotas are planned."""
    return datetime.fromtimestamp((now_ms + _PLANNED_MS) / SECOND_MS, tz=UTC).year > max(china().years)


def _owners(registry: Registry, rotas: Sequence[Row]) -> Iterator[Named]:
    """Yield each owner once."""
    names = {("centre", one.id): one.name for one in registry.centres}
    names |= {("team", one.id): one.name for one in registry.teams}
    for owner in dict.fromkeys((one.owner_kind, one.owner_id) for one in rotas):
        yield Named(":".join(owner), names.get(owner, ""))


def _relatives_of_nobody(registry: Registry) -> Iterator[Named]:
    linked = {link.user_id for link in registry.links}
    return (_named(one) for one in registry.users if one.role == Role.FAMILY and one.id not in linked)
