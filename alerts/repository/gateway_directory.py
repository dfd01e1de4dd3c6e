"""The gateway's view of the database: which device may connect, and which commands wait for it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from alerts.database import reading
from alerts.model import Device, DeviceCommand
from alerts.repository.versions import directory_version
from gateway import directory
from gateway.codec import Command
from gateway.contract.clock import Clock


class DatabaseDirectory:
    """Registered devices, as `gateway.directory.Directory` wants them.

    Parameters
    ----------
    sessions : sessionmaker
        Of the platform's database.
    """

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self._sessions = reading(sessions)

    def device(self, device_id: str) -> directory.Device | None:
        """Return the device, or None when it is not registered."""
        with self._sessions.begin() as session:
            row = session.get(Device, device_id)
            if row is None:
                return None
            behind = select(Device).where(Device.parent_id == device_id, Device.enabled)
            children = {d.child_name: (d.id, d.resident_id or "") for d in session.scalars(behind)}
            return directory.Device(
                device_id=row.id,
                secret_sha256=row.secret_sha256,
                codec=row.codec,
                resident_id=row.resident_id or "",
                enabled=row.enabled,
                report_period_s=row.report_period_s,
                children=children,
            )

    def changed_since(self, version: int) -> tuple[int, Sequence[str]]:
        """Return the present version and the devices changed after the given one."""
        with self._sessions.begin() as session:
            present = directory_version(session)
            changed = session.scalars(select(Device.id).where(Device.version > version)).all()
            return present, changed


class DatabaseCommandQueue:
    """Waiting commands, as `gateway.directory.CommandQueue` wants them.

    Parameters
    ----------
    sessions : sessionmaker
        Of the platform's database.
    clock : Clock
        Decides which commands have expired.
    """

    def __init__(self, sessions: sessionmaker[Session], clock: Clock) -> None:
        self._sessions = sessions
        self._reading = reading(sessions)
        self._clock = clock

    def pending(self, device_ids: Sequence[str]) -> Sequence[tuple[str, Command]]:
        """Return (device_id, command) for commands not yet delivered and not expired, oldest first."""
        waiting = (
            select(DeviceCommand)
            .where(
                DeviceCommand.device_id.in_(device_ids),
                DeviceCommand.delivered_at_ms.is_(None),
                DeviceCommand.expires_at_ms > self._clock.now_ms(),
            )
            .order_by(DeviceCommand.created_at_ms, DeviceCommand.id)
        )
        with self._reading.begin() as session:
            rows = session.scalars(waiting).all()
            return [(r.device_id, Command(name=r.name, command_id=r.id, arguments=r.arguments)) for r in rows]

    def delivered(self, command_id: str, at_ms: int) -> None:
        """Record that the device acknowledged the command. [ms]."""
        with self._sessions.begin() as session:
            session.execute(update(DeviceCommand).where(DeviceCommand.id == command_id).values(delivered_at_ms=at_ms))
