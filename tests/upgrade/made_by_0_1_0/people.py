# mypy: ignore-errors
# It runs with the code of 0.1.0, whose rooms had other paths: nothing here resolves today.
"""Everybody and everything that is enrolled in the installation: all of it made up."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from alerts.model import Token, User
from alerts.repository import devices, organisations, residents, users
from api.security.passwords import hash_password
from api.services.auth import token_digest
from gateway.contract.clock import DAY_MS, MINUTE_MS

END_MS = 1_795_406_400_000  # 2026-11-23T12:00 in Shanghai
PASSWORD = "made-up-password-1"
SECRET = "made-up-secret-of-a-device"
TOKEN = "made-up-token-of-the-desk"
WEBHOOK_SECRET = "made-up-secret-of-a-webhook"
WATCHES = {"w-wang": "r-wang", "w-zhao": "r-zhao", "w-chen": "r-chen"}
_RESIDENTS = (
    ("r-wang", "王甲", ("fall_risk",)),
    ("r-li", "李乙", ("lives_alone",)),
    ("r-zhao", "赵丙", ()),
    ("r-chen", "陈丁", ("diabetes",)),
)
_USERS = (
    ("chief", "admin", {}),
    ("desk", "desk", {"centre_id": "c-1"}),
    ("doctor", "team", {"team_id": "t-1"}),
    ("daughter", "family", {}),
)
_SENSORS = (
    ("door", "front_door", "r-chen"),  # the neighbour's, in reach of the same gateway
    ("hall", "living_room", "r-li"),
    ("bath", "bathroom", "r-li"),
)


def enrol(sessions: sessionmaker[Session], hooks: Mapping[str, str], now_ms: int) -> None:
    """Fill the database: people with their contacts, then devices, a limit and a command that waits. [ms]."""
    with sessions.begin() as s:
        _people(s, now_ms)
        _contacts(s, hooks)
    with sessions.begin() as s:
        _devices(s, now_ms)
        residents.set_limit(
            s,
            resident_id="r-zhao",
            name="heart_rate_high.high_bpm",
            value=150.0,
            set_by="doctor",
            now_ms=now_ms,
            reason="atrial fibrillation, rate control agreed",
        )
        devices.queue_command(
            s,
            device_id="w-wang",
            name="ask_ok",
            now_ms=END_MS - MINUTE_MS,
            expires_at_ms=END_MS + DAY_MS,
            arguments={"seconds": 30},
        )


def _people(s: Session, now_ms: int) -> None:
    organisations.create_centre(s, name="幸福里", centre_id="c-1", region_code="330106")
    organisations.create_team(s, name="一组", team_id="t-1", centre_id="c-1")
    for resident_id, name, flags in _RESIDENTS:
        residents.create_resident(
            s, resident_id=resident_id, name=name, flags=flags, centre_id="c-1", team_id="t-1", now_ms=now_ms
        )
    for login, role, place in _USERS:
        users.create_user(s, login=login, name=login, role=role, password_hash=hash_password(PASSWORD), **place)
    users.link_family(s, user_id=_user(s, "daughter"), resident_id="r-zhao", relation="daughter")
    s.add(
        Token(
            sha256=token_digest(TOKEN),
            user_id=_user(s, "desk"),
            purpose="api",
            label="wall",
            created_at_ms=now_ms,
            expires_at_ms=END_MS + 365 * DAY_MS,
        )
    )


def _user(s: Session, login: str) -> str:
    return s.scalars(select(User.id).filter_by(login=login)).one()


def _contacts(s: Session, hooks: Mapping[str, str]) -> None:
    for kind, owner in (("centre", "c-1"), ("team", "t-1")):
        users.create_contact(
            s, owner_kind=kind, owner_id=owner, channel="webhook", address=hooks[kind], secret=WEBHOOK_SECRET
        )
    users.create_contact(
        s, owner_kind="user", owner_id=_user(s, "daughter"), channel="email", address="daughter@example.org"
    )


def _devices(s: Session, now_ms: int) -> None:
    for device_id, codec, whose, more in (
        *(
            (watch, "open_json", whose, {"position": "waist", "alarms": ("sos", "fall")})
            for watch, whose in WATCHES.items()
        ),
        ("w-spare", "open_json", None, {}),
        ("home-li", "zigbee2mqtt", "r-li", {}),
        ("868888888888888", "imede_watch", "r-chen", {}),
        ("hub-chen", "huawei_iotda", "r-chen", {}),
    ):
        devices.create_device(
            s, device_id=device_id, codec=codec, resident_id=whose, secret=SECRET, now_ms=now_ms, **more
        )
    for name, room, whose in _SENSORS:
        devices.create_device(
            s,
            device_id=f"zigbee-{name}",
            codec="zigbee2mqtt",
            resident_id=whose,
            parent_id="home-li",
            child_name=name,
            room=room,
            now_ms=now_ms,
        )
