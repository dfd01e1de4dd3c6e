"""Enrols simulated residents, each with one wearable, in a local installation: what `anhu simulate --data` needs."""

from __future__ import annotations

from anhu.contract.clock import SystemClock
from anhu.registry import devices, residents
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.tables import Device
from app.settings import Settings
from simulators.credential import Credential

_PERIOD_S = 60.0


def enrol(settings: Settings, count: int, *, prefix: str, centre: str | None) -> tuple[Credential, ...]:
    """Return credentials of ``prefix-0001`` ...; those that are there already get a fresh secret.

    Parameters
    ----------
    count : int
        How many residents, each with one wearable that can call for help.
    centre : str, optional
        The community centre whose desk sees them.
    """
    sessions = open_sessions(settings.database)
    now_ms = SystemClock().now_ms()
    made: list[Credential] = []
    with sessions.begin() as session:
        for number in range(1, count + 1):
            device_id, secret = f"{prefix}-{number:04}", devices.new_secret()
            made.append(Credential(device_id, secret))
            if session.get(Device, device_id) is not None:
                devices.rotate_secret(session, device_id, secret)
                continue
            resident = residents.create_resident(
                session, name=f"{prefix} {number:04}", now_ms=now_ms, resident_id=f"r-{device_id}", centre_id=centre
            )
            devices.create_device(
                session,
                device_id=device_id,
                codec="open_json",
                now_ms=now_ms,
                secret=secret,
                resident_id=resident.id,
                report_period_s=_PERIOD_S,
                alarms=("sos", "fall"),
            )
    close_sessions(sessions)
    return tuple(made)
