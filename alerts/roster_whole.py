"""The whole directory of one partition, a page of homes at a time: what a shard reads when it starts.

A partition is some centres, and whoever has none. Which centres, is known before the first home is read, so a shard of
a city never looks at the homes of the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import Session

from alerts.engine.watched_device import WatchedDevice
from alerts.roster_rows import DEVICE, HOME, DeviceRow, Home, homes_of, limits_of, watched_device
from anhu.log.partition import partition_of
from anhu.registry.partition_key import partition_key
from anhu.registry.tables import Centre, Device, Resident

PAGE = 1_000
"""Homes that are asked for at once."""


def everybody(
    session: Session, *, now_ms: int, time_zone: str, partition: int, partitions: int
) -> Iterator[WatchedDevice]:
    """Return every device that watches somebody of a partition, home by home.

    Parameters
    ----------
    now_ms : int
        Limits that ended by then do not count. [ms]
    time_zone : str
        The installation's.
    partition, partitions : int
        Whose part of the LOG, of how many.
    """
    lives_here, after = _lives_here(session, partition, partitions), ""
    while True:
        rows = HOME.where(Resident.active, lives_here, Resident.id > after).order_by(Resident.id).limit(PAGE)
        page = [*homes_of(session, rows, time_zone)]
        if not page:
            return
        after = page[-1].resident_id
        yield from _of_page(session, [one for one in page if _is_mine(one, partition, partitions)], now_ms)


def _lives_here(session: Session, partition: int, partitions: int) -> ColumnElement[bool]:
    """Return the condition for residents of a partition's centres, and those of no centre, who are a key each."""
    if partitions == 1:
        return true()
    centres = [one for one in session.scalars(select(Centre.id)) if partition_of(one, partitions) == partition]
    return or_(Resident.centre_id.in_(centres), Resident.centre_id.is_(None))


def _is_mine(home: Home, partition: int, partitions: int) -> bool:
    key = partition_key(home.centre_id, home.resident_id, "", "")
    return partitions == 1 or partition_of(key, partitions) == partition


def _of_page(session: Session, page: Sequence[Home], now_ms: int) -> Iterator[WatchedDevice]:
    ids = [home.resident_id for home in page]
    devices: dict[str, list[DeviceRow]] = defaultdict(list)
    enabled = select(*DEVICE).where(Device.resident_id.in_(ids), Device.enabled).order_by(Device.id)
    for device in session.execute(enabled):
        devices[device.resident_id].append(device)
    limits = limits_of(session, ids, now_ms)
    for home in page:
        mine = devices[home.resident_id]
        of_all = [one.alarms for one in mine]
        for one in mine:
            yield watched_device(one, home, limits.get(home.resident_id, {}), of_all)
