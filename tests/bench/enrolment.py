"""Many residents, each with one wearable, enrolled in one go: one by one, as people do it, 50,000 take minutes."""

from __future__ import annotations

from collections.abc import Sequence

from anhu.contract.clock import SystemClock
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.devices import new_secret, secret_digest
from anhu.registry.tables import Device, Resident
from anhu.registry.versions import next_version
from app.settings import Settings
from simulators.credential import Credential

_PERIOD_S = 60.0


def enrol_many(settings: Settings, count: int, *, prefix: str, centre: str) -> Sequence[Credential]:
    """Return the credentials of ``prefix-0001`` ..., new in an empty installation."""
    who = [Credential(f"{prefix}-{n:04}", new_secret()) for n in range(1, count + 1)]
    now_ms = SystemClock().now_ms()
    sessions = open_sessions(settings.database)
    with sessions.begin() as session:
        session.add_all(_resident(one, centre, now_ms) for one in who)
        session.flush()
        version = next_version(session)
        session.add_all(_device(one, now_ms, version) for one in who)
    close_sessions(sessions)
    return who


def _resident(one: Credential, centre: str, now_ms: int) -> Resident:
    return Resident(id=f"r-{one.device_id}", name=one.device_id, centre_id=centre, created_at_ms=now_ms)


def _device(one: Credential, now_ms: int, version: int) -> Device:
    return Device(
        id=one.device_id,
        codec="open_json",
        secret_sha256=secret_digest(one.secret),
        resident_id=f"r-{one.device_id}",
        report_period_s=_PERIOD_S,
        alarms=["sos", "fall"],
        enrolled_at_ms=now_ms,
        version=version,
    )
