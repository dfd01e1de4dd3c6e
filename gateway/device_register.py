"""The gateway's view of the database: which device may connect."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import case, or_, select
from sqlalchemy.orm import Session, aliased, sessionmaker

from anhu.contract import relay
from anhu.registry.binding_history import Wearing, wearings
from anhu.registry.database import reading
from anhu.registry.database_changes import DatabaseChanges, Mark
from anhu.registry.partition_key import partition_key
from anhu.registry.sealing import WrongKeyError
from anhu.registry.secret_vault import SecretVault
from anhu.registry.tables import Device, Resident
from anhu.registry.versions import directory_version
from gateway import directory

log = logging.getLogger(__name__)

_REGISTERED = select(
    Device.id,
    Device.parent_id,
    Device.secret_sha256,
    Device.secret_sealed,
    Device.codec,
    Device.resident_id,
    Device.enabled,
    Device.report_period_s,
    Device.product_id,
    Device.shared,
    Resident.centre_id,
).outerjoin(Resident, Resident.id == Device.resident_id)
_BEHIND = (
    select(Device.parent_id, Device.child_name, Device.id, Device.resident_id, Resident.centre_id)
    .outerjoin(Resident, Resident.id == Device.resident_id)
    .where(Device.enabled)
)
_MOST_NAMED = 1_000  # in one statement; SQLite takes 32,766
_MOST_WORN = 8  # of one device's wearers, the newest


class DatabaseDirectory:
    """Registered devices, as `gateway.directory.Directory` wants them.

    Parameters
    ----------
    sessions : sessionmaker
        Of the platform's database.
    vault : SecretVault, optional
        Opens the secrets that devices sign with; without it none of those comes in.
    """

    def __init__(self, sessions: sessionmaker[Session], vault: SecretVault | None = None) -> None:
        self._sessions, self._vault = reading(sessions), vault
        self._changes = DatabaseChanges(sessions)
        self._read: tuple[Mark | None, int] = (None, 0)

    def device(self, device_id: str) -> directory.DeviceEntry | None:
        """Return the device, or None when it is not registered."""
        return self.find_all([device_id]).get(device_id)

    def find_all(self, device_ids: Sequence[str]) -> Mapping[str, directory.DeviceEntry]:
        """Return those of the devices that are registered, in three statements however many they are."""
        children: dict[str, dict[str, directory.Owner]] = {}
        parents: dict[str, str] = {}
        with self._sessions.begin() as session:
            rows = session.execute(_REGISTERED.where(Device.id.in_(device_ids))).all()
            for child in session.execute(_BEHIND.where(Device.parent_id.in_(device_ids))):
                children.setdefault(str(child.parent_id), {})[child.child_name] = _owner(child)
                parents[child.id] = str(child.parent_id)
            behind: dict[str, str] = {}
            if edges := [row.id for row in rows if row.codec == relay.CODEC]:
                children |= (homes := _behind_edges(session, edges))
                behind = {one: edge for edge, home in homes.items() for one in home}
            worn = _worn(session, {row.id: row.id for row in rows}, parents, behind)
        return {
            row.id: directory.DeviceEntry(
                device_id=row.id,
                secret_sha256=row.secret_sha256,
                codec=row.codec,
                partition_key=partition_key(row.centre_id, row.resident_id, row.id, row.parent_id),
                resident_id=row.resident_id or "",
                enabled=row.enabled,
                report_period_s=row.report_period_s,
                shared=row.shared,
                children=children.get(row.id, {}),
                signing_secret=self._opened(row.id, row.secret_sealed) if row.secret_sealed else "",
                product_id=row.product_id,
                worn=worn.get(row.id, {}),
            )
            for row in rows
        }

    def _opened(self, device_id: str, sealed: bytes) -> str:
        """Return the secret that a device signs with; empty, loudly, where the key is not the right one."""
        try:
            if self._vault is not None:
                return self._vault.open(sealed, f"device:{device_id}")
            flaw = "there is no key that opens its secret"
        except WrongKeyError as error:
            flaw = str(error)
        log.error("device %s cannot log in: %s", device_id, flaw)
        return ""

    def present_version(self) -> int:
        """Return the present version."""
        with self._sessions.begin() as session:
            return directory_version(session)

    def changed_since(self, version: int) -> tuple[int, Sequence[str]]:
        """Return the present version and the devices changed after the given one."""
        mark = self._changes.mark()
        if mark is not None and self._read == (mark, version):
            return version, ()
        with self._sessions.begin() as session:
            present = directory_version(session)
            changed = session.scalars(select(Device.id).where(Device.version > version)).all()
        self._read = mark, present
        return present, changed


def _owner(child: Any) -> directory.Owner:  # noqa: ANN401 - a row of either question
    key = partition_key(child.centre_id, child.resident_id, child.id, child.parent_id)
    return directory.Owner(child.id, child.resident_id or "", key)


def _behind_edges(session: Session, edges: Sequence[str]) -> Mapping[str, dict[str, directory.Owner]]:
    """Return all devices of the homes of edge gateways, by their identities: what hangs on a gateway there, too."""
    gateway = aliased(Device)
    edge = case((Device.parent_id.in_(edges), Device.parent_id), else_=gateway.parent_id).label("edge")
    behind = _BEHIND.add_columns(edge).outerjoin(gateway, gateway.id == Device.parent_id)
    homes: dict[str, dict[str, directory.Owner]] = {}
    for child in session.execute(behind.where(or_(Device.parent_id.in_(edges), gateway.parent_id.in_(edges)))):
        homes.setdefault(str(child.edge), {})[child.id] = _owner(child)
    return homes


def _worn(session: Session, *entries: Mapping[str, str]) -> Mapping[str, Mapping[str, Sequence[directory.Wearing]]]:
    """Return entry -> device -> whose it was and is, of those that were passed on; each of `entries` by device."""
    found: dict[str, dict[str, Sequence[directory.Wearing]]] = {}
    asked = list(dict.fromkeys(one for each in entries for one in each))
    for start in range(0, len(asked), _MOST_NAMED):
        for device_id, all_of in wearings(session, asked[start : start + _MOST_NAMED]).items():
            known = [
                directory.Wearing(_owner_then(device_id, one), one.from_ms, one.until_ms) for one in all_of[:_MOST_WORN]
            ]
            for each in entries:
                if device_id in each:
                    found.setdefault(each[device_id], {})[device_id] = known
    return found


def _owner_then(device_id: str, one: Wearing) -> directory.Owner:
    key = partition_key(one.centre_id, one.resident_id, device_id, None)
    return directory.Owner(device_id, one.resident_id, key)
