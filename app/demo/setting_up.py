"""Fills an empty installation with the demo's made-up people, devices and contacts; does nothing the second time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from anhu.contract.clock import SystemClock
from anhu.registry import contacts, devices, organisations, residents, users
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.tables import Resident
from api.security.passwords import hash_password
from app.demo import people
from app.demo.greeting import receivers
from app.settings import Settings
from notify.channel import Recipient

_SECRETS = "demo-devices.json"


def fill(settings: Settings) -> None:
    """Add the made-up world to an empty database, in one transaction."""
    sessions = open_sessions(settings.database)
    try:
        with sessions.begin() as session:
            if session.scalar(select(func.count()).select_from(Resident)):
                return
            now_ms = SystemClock().now_ms()
            _organisations(session, settings)
            _people(session, now_ms)
            _logins(session)
            _keep(settings.data / _SECRETS, _devices(session, now_ms))
    finally:
        close_sessions(sessions)


def device_secrets(data: Path) -> Mapping[str, str]:
    """Return device -> secret of the demo's devices."""
    secrets: Mapping[str, str] = json.loads((data / _SECRETS).read_text("utf-8"))
    return secrets


def _organisations(session: Session, settings: Settings) -> None:
    for centre in people.CENTRES:
        organisations.create_centre(
            session, centre_id=centre.id, name=centre.name, region_code=centre.region_code, phone=centre.phone
        )
        _contacts(session, "centre", centre.id, receivers(settings, "desk"))
    for team in people.TEAMS:
        organisations.create_team(session, team_id=team.id, name=team.name, centre_id=team.centre_id)
        _contacts(session, "team", team.id, receivers(settings, "doctor"))


def _contacts(session: Session, owner_kind: str, owner_id: str, told: Mapping[str, Recipient]) -> None:
    """Have somebody told through every channel there is."""
    for channel, to in told.items():
        contacts.create_contact(
            session, owner_kind=owner_kind, owner_id=owner_id, channel=channel, address=to.address, secret=to.secret
        )


def _people(session: Session, now_ms: int) -> None:
    for person in people.residents():
        facts = person._asdict()
        residents.create_resident(session, resident_id=facts.pop("id"), now_ms=now_ms, **facts)


def _logins(session: Session) -> None:
    for user in people.LOGINS:
        row = users.create_user(
            session,
            login=user.login,
            name=user.name,
            role=user.role,
            password_hash=hash_password(user.password),
            centre_id=user.centre_id,
            team_id=user.team_id,
        )
        if user.role == "family":
            users.link_family(session, user_id=row.id, resident_id="r-001", relation="son")


def _devices(session: Session, now_ms: int) -> dict[str, str]:
    secrets: dict[str, str] = {}
    for number, person in enumerate(people.residents(), start=1):
        for kind in (_watch(number), _home(number)):
            secret = devices.new_secret()
            secrets[str(kind["device_id"])] = secret
            devices.create_device(session, resident_id=person.id, secret=secret, now_ms=now_ms, **kind)  # type: ignore[arg-type]
    return secrets


def _watch(number: int) -> dict[str, object]:
    return {
        "device_id": f"watch-{number:03}",
        "codec": "open_json",
        "model": "Anhu demo wearable",
        "vendor": "demo",
        "position": "waist" if number % 2 else "wrist",
        "report_period_s": 60.0,
        "alarms": ["sos", "fall"],
    }


def _home(number: int) -> dict[str, object]:
    return {
        "device_id": f"home-{number:03}",
        "codec": "open_json",
        "model": "Anhu demo home sensor",
        "vendor": "demo",
        "room": "kitchen",
        "report_period_s": 300.0,
        "alarms": ["smoke"],
    }


def _keep(file: Path, secrets: Mapping[str, str]) -> None:
    file.touch(mode=0o600)
    file.write_text(json.dumps(secrets), encoding="utf-8")
