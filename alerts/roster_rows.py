"""What the directory says of devices and homes, as columns, not objects: a city's is read at every start."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from sys import intern
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Executable, Row, select
from sqlalchemy.orm import Session

from alerts.engine.watched_device import WatchedDevice
from alerts.rules.detector import Profile
from alerts.rules.one_of import one_of
from alerts.tables import ResidentLimit
from anhu.registry.tables import Centre, Device, Resident
from anhu.registry.time_zones import HOME_ZONE

DEVICE = (
    Device.id,
    Device.resident_id,
    Device.enabled,
    Device.alarms,
    Device.report_period_s,
    Device.position,
    Device.enrolled_at_ms,
    Device.room,
    Device.parent_id,
    Device.model,
    Device.firmware,
)

DeviceRow: TypeAlias = Row[*tuple[Any, ...]]
"""With the columns of `DEVICE`, by name."""


class Home(NamedTuple):
    """A resident who is watched; the time zone is the own one, the centre's, or the installation's."""

    resident_id: str
    flags: frozenset[str]
    centre_id: str
    team_id: str
    time_zone: str


HOME = select(Resident.id, Resident.flags, Resident.centre_id, Resident.team_id, HOME_ZONE).outerjoin(
    Centre, Centre.id == Resident.centre_id
)
"""Of all residents; to be narrowed down."""


def homes_of(session: Session, rows: Executable, time_zone: str) -> Iterator[Home]:
    """Return the homes that a selection of `HOME` finds."""
    for id_, flags, centre, team, zone in session.execute(rows):
        yield Home(id_, one_of(frozenset(flags)), intern(centre or ""), intern(team or ""), intern(zone or time_zone))


def homes(session: Session, resident_ids: Iterable[str], time_zone: str) -> Iterator[Home]:
    """Return the homes of those residents who are watched."""
    return homes_of(session, HOME.where(Resident.id.in_(resident_ids), Resident.active), time_zone)


def watched_device(
    device: DeviceRow, home: Home, limits: Mapping[str, float], of_all: Sequence[Sequence[str]]
) -> WatchedDevice:
    """Return a device as the engine needs it; `of_all` are the calls that each device of the home can make."""
    profile = Profile(
        limits=limits,
        flags=home.flags,
        report_period_s=device.report_period_s,
        only_alarm_device=_is_only(device.alarms, of_all),
        time_zone=home.time_zone,
    )
    return WatchedDevice(
        device.id,
        home.resident_id,
        one_of(profile),
        intern(device.position),
        device.enrolled_at_ms,
        home.centre_id,
        intern(device.room),
        device.parent_id or "",
        home.team_id,
        intern(device.model),
        intern(device.firmware),
        one_of(tuple(map(intern, device.alarms))),
    )


def _is_only(alarms: Sequence[str], of_all: Sequence[Sequence[str]]) -> bool:
    """Tell whether nothing else would raise an alarm that a device can raise; its own are among those of all."""
    if not alarms or len(of_all) == 1:
        return bool(alarms)
    able = Counter(kind for one in of_all for kind in one)
    return any(able[kind] == 1 for kind in alarms)


def limits_of(session: Session, resident_ids: Iterable[str], now_ms: int) -> Mapping[str, Mapping[str, float]]:
    """Return the residents' own limits that are in force; the newest of one name counts."""
    rows = session.execute(
        select(ResidentLimit.resident_id, ResidentLimit.name, ResidentLimit.value, ResidentLimit.until_ms)
        .where(ResidentLimit.resident_id.in_(resident_ids))
        .order_by(ResidentLimit.version)
    )
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for resident_id, name, value, until_ms in rows:
        if until_ms is None or until_ms > now_ms:
            found[resident_id][name] = value
    return found
