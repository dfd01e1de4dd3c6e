"""The engine's view of the directory: profiles of the devices that changed since a version."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import compress
from operator import not_
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from alerts.engine.watched_device import WatchedDevice
from alerts.roster_rows import DEVICE, homes, limits_of, watched_device
from alerts.roster_whole import everybody
from alerts.rules.detector import DEFAULT_ZONE, Profile
from alerts.tables import ResidentLimit
from anhu.contract.clock import SECOND_MS, Clock
from anhu.log.partition import partition_of
from anhu.registry.database import reading
from anhu.registry.database_changes import DatabaseChanges, Mark
from anhu.registry.partition_key import partition_key
from anhu.registry.tables import Device
from anhu.registry.versions import directory_version

_CHUNK = 500
_LIMITS_MS = 2 * SECOND_MS
"""So often it is asked which limits ended, where nothing was written meanwhile."""


class Moved(NamedTuple):
    """A device whose resident is in another partition."""

    device_id: str
    resident_id: str
    partition: int


class Roster:
    """Follows the directory.

    Parameters
    ----------
    sessions : sessionmaker
        Of the platform's database.
    clock : Clock
        The present.
    time_zone : str
        The installation's: of residents whose place has none of its own.
    partition, partitions : int
        Whose part of the LOG it is for, of how many.

    Attributes
    ----------
    read_ms : int
        When it was last read; 0 before the first time. [ms]
    moved : sequence of Moved
        Who is in another partition, as found when it was last read.
    """

    def __init__(
        self,
        sessions: sessionmaker[Session],
        clock: Clock,
        *,
        time_zone: str = DEFAULT_ZONE,
        partition: int = 0,
        partitions: int = 1,
    ) -> None:
        self._time_zone = time_zone
        self._sessions = reading(sessions)
        self._changes = DatabaseChanges(sessions)
        self._mark: Mark | None = None
        self._clock = clock
        self._shard = partition, partitions
        self._version = 0
        self.read_ms = 0
        self.moved: Sequence[Moved] = ()

    def elsewhere(self, some: Iterable[tuple[str, str]]) -> Sequence[Moved]:
        """Return who of these devices and residents is in another partition."""
        keys, partition_here = set(some), self._shard[0]
        with self._sessions.begin() as session:
            watched = _all_watched(
                session, sorted({device_id for device_id, _ in keys}), self._clock.now_ms(), self._time_zone
            )
        mine = [one for one in watched if (one.device_id, one.resident_id) in keys]
        found = (Moved(d.device_id, d.resident_id, _partition(d, self._shard[1])) for d in mine)
        return [one for one in found if one.partition != partition_here]

    def changed(self) -> Sequence[WatchedDevice]:
        """Return the devices whose profile may have changed since the last time; all of them the first time."""
        now_ms = self._clock.now_ms()
        partition, partitions = self._shard
        mark = self._changes.mark()
        if mark is not None and mark == self._mark and 0 <= now_ms - self.read_ms < _LIMITS_MS:
            self.moved = []
            return []
        with self._sessions.begin() as session:
            version, watched, others = _changed(
                session,
                self._version,
                self.read_ms,
                now_ms,
                self._time_zone,
                partition=partition,
                partitions=partitions,
            )
        first = not self._version
        self._version, self.read_ms, self._mark = version, now_ms, mark
        self.moved = (
            []
            if first
            else [Moved(d.device_id, d.resident_id, _partition(d, partitions)) for d in others if d.resident_id]
        )
        return watched if first else [*watched, *_as_gone(others)]


def load_roster(
    session: Session,
    *,
    since_version: int,
    checked_at_ms: int,
    now_ms: int,
    time_zone: str = DEFAULT_ZONE,
    partition: int = 0,
    partitions: int = 1,
) -> tuple[int, Sequence[WatchedDevice]]:
    """Return the present version, and every device whose profile may have changed.

    Parameters
    ----------
    since_version : int
        What is known already; 0 for everything.
    checked_at_ms, now_ms : int
        Limits that ended in between count as changes. [ms]
    time_zone : str
        The installation's.
    partition, partitions : int
        Devices are left out whose records lie in another partition of the LOG; one that may have gone there since the
        last time is returned as watching nobody.
    """
    version, watched, others = _changed(
        session, since_version, checked_at_ms, now_ms, time_zone, partition=partition, partitions=partitions
    )
    return version, [*watched, *_as_gone(others)] if since_version else watched


def _as_gone(devices: Iterable[WatchedDevice]) -> Iterable[WatchedDevice]:
    return (WatchedDevice(one.device_id, "", Profile()) for one in devices)


def _changed(
    session: Session,
    since_version: int,
    checked_at_ms: int,
    now_ms: int,
    time_zone: str,
    *,
    partition: int,
    partitions: int,
) -> tuple[int, Sequence[WatchedDevice], Sequence[WatchedDevice]]:
    """Return the present version, whoever changed and is in this partition, and whoever changed and is not."""
    version = directory_version(session)
    if not since_version:
        whole = everybody(session, now_ms=now_ms, time_zone=time_zone, partition=partition, partitions=partitions)
        return version, [*whole], []
    changed = set(session.scalars(select(Device.id).where(Device.version > since_version)))
    ended = select(ResidentLimit.resident_id).where(
        ResidentLimit.until_ms > checked_at_ms, ResidentLimit.until_ms <= now_ms
    )
    changed |= set(session.scalars(select(Device.id).where(Device.resident_id.in_(ended))))
    watched = _all_watched(session, sorted(changed), now_ms, time_zone)
    if partitions == 1:
        return version, watched, []
    is_mine = [bool(one.resident_id) and _partition(one, partitions) == partition for one in watched]
    return version, [*compress(watched, is_mine)], [*compress(watched, map(not_, is_mine))]


def _all_watched(session: Session, ids: Sequence[str], now_ms: int, time_zone: str) -> list[WatchedDevice]:
    watched: list[WatchedDevice] = []
    for start in range(0, len(ids), _CHUNK):
        watched += _watched(session, ids[start : start + _CHUNK], now_ms, time_zone)
    return watched


def _partition(device: WatchedDevice, partitions: int) -> int:
    key = partition_key(device.centre_id, device.resident_id, device.device_id, device.gateway_id)
    return partition_of(key, partitions)


def _watched(session: Session, device_ids: Sequence[str], now_ms: int, time_zone: str) -> Iterator[WatchedDevice]:
    """Read columns, not objects: many may have changed at once."""
    devices = session.execute(select(*DEVICE).where(Device.id.in_(device_ids))).all()
    wanted = {d.resident_id for d in devices if d.resident_id}
    found = {home.resident_id: home for home in homes(session, wanted, time_zone)}
    limits = limits_of(session, wanted, now_ms)
    siblings: dict[str, list[Sequence[str]]] = defaultdict(list)
    enabled = select(Device.resident_id, Device.alarms).where(Device.resident_id.in_(wanted), Device.enabled)
    for resident_id, alarms in session.execute(enabled):
        siblings[resident_id or ""].append(alarms)
    for device in devices:
        home = found.get(device.resident_id or "")
        if home is None or not device.enabled:
            yield WatchedDevice(device.id, "", Profile())
        else:
            id_ = home.resident_id
            yield watched_device(device, home, limits.get(id_, {}), siblings[id_])
