"""Enrols simulated residents, each with one wearable, in a local installation: what `anhu simulate --data` needs."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from anhu.contract.clock import SystemClock
from anhu.registry import devices
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.imports.device_rows import DevicePlan, write_devices
from anhu.registry.imports.known import FACTS, NOBODY
from anhu.registry.imports.resident_plan import Plan
from anhu.registry.imports.resident_writing import write_residents
from anhu.registry.tables import Device
from app.settings import Settings
from simulators.credential import Credential

_PERIOD_S = 60.0
_BY = {"user_id": "", "address": "", "object_id": "simulated"}


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
    wanted = [f"{prefix}-{number:04}" for number in range(1, count + 1)]
    with sessions.begin() as session:
        there = set(session.scalars(select(Device.id).where(Device.id.startswith(f"{prefix}-", autoescape=True))))
        secrets = _enrol_new(session, [one for one in wanted if one not in there], prefix, centre, now_ms)
        for one in wanted:
            if one in there:
                secrets[one] = devices.new_secret()
                devices.rotate_secret(session, one, secrets[one])
    close_sessions(sessions)
    return tuple(Credential(one, secrets[one]) for one in wanted)


def _enrol_new(
    session: Session, device_ids: Sequence[str], prefix: str, centre: str | None, now_ms: int
) -> dict[str, str]:
    """Enrol them as a sheet of them would be, in a few statements."""
    residents, wearables = Plan(), DevicePlan()
    for one in device_ids:
        resident_id, number = f"r-{one}", one.removeprefix(f"{prefix}-")
        residents.new.append(resident_id)
        residents.facts[resident_id] = {
            **dict.fromkeys(FACTS, ""),
            "name": f"{prefix} {number}",
            "flags": [],
            "centre_id": centre,
            "team_id": None,
        }
        facts = {"codec": "open_json", "product_id": "", "vendor": "", "model": "", "room": "", "position": ""}
        wearables.new[one] = (resident_id, {**facts, "alarms": ["sos", "fall"], "report_period_s": _PERIOD_S})
    write_residents(session, residents, NOBODY, None, now_ms=now_ms, by=_BY)
    return write_devices(wearables, session, now_ms, _BY)
