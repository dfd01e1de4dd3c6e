"""A town of two sides, with texts that nobody of the other side may ever read."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.orm import Session

from alerts.episodes.policies.defaults import default_policy
from alerts.episodes.policies.plain import plain_policy
from alerts.policy_tables import EscalationPolicy
from alerts.tables import Alert, AlertEvent, ResidentLimit
from anhu.contract.clock import DAY_MS
from anhu.contract.observation import Event, Scalar
from anhu.contract.priority import Priority
from anhu.registry import devices
from anhu.registry.care_tables import CareMessage, ServiceRequest, SheetLink
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.people_tables import Consent, Place, Stay
from anhu.registry.products import create_product
from anhu.registry.rota_tables import Handover, RotaRow, RotaShift
from anhu.registry.tables import Audit, Base, Centre, Contact, FamilyLink, Organisation, Resident, Team, Token, User
from api.security.passwords import hash_password
from api.security.viewers import token_digest
from ingest.store.embedded.writer import SqliteStoreWriter
from ingest.store.port import StoredReading
from tests.api.matrix.callers import CALLERS, USERS, Caller, user_of
from tests.api.matrix.nobodys import add_nobodys
from tests.api.world import CHEAP, NOW_MS, PASSWORD

SIDES = "ABO"
PLACES = {"A": "a", "B": "b", "O": None}


def canaries(side: str) -> tuple[str, ...]:
    """Return texts that stand for a side's secrets, wherever they are stored."""
    kinds = ("name", "address", "note", "comment", "seen", "contact", "model", "reason", "room")
    return tuple(f"canary-{what}-{side}" for what in kinds)


def object_id(about: str, side: str) -> str:
    """Return the identity of a side's thing; M is one that is not there."""
    if about == "token":
        digest = token_digest(f"spare-{side}") if side != "M" else b"\1" * 32
        return digest[:8].hex()
    if about == "mine":
        return f"k-{side}"
    if about in {"centre", "team", "organisation"}:
        return PLACES.get(side) or f"centre-{side}"
    if about == "rota":
        return f"centre:{PLACES.get(side) or side}"
    if about in {"place", "policy", "product"}:
        return f"p-{side}" if about != "product" else f"pr-{side.lower()}"
    prefix = {"resident": "r", "alert": "al", "device": "w", "contact": "k", "browser": "b", "user": "u-spare"}
    prefix |= {"request": "q", "stranger": "st", "reading": "un"}
    return f"{prefix[about]}-{side}"


def build(url: str) -> None:
    """Make the town's database."""
    sessions = open_sessions(url)
    Base.metadata.create_all(sessions.kw["bind"])
    with sessions.begin() as session:
        for place in ("a", "b"):
            session.add(Organisation(id=place, name=f"organisation {place}"))
            session.flush()
            facts = {"name": f"centre {place}", "organisation_id": place}
            session.add(Centre(id=place, region_code="", phone="", **facts))
        session.flush()
        for side in "AB":
            room = f"canary-room-{side}"
            session.add(Place(id=f"p-{side}", centre_id=side.lower(), kind="room", name=room, full_name=room))
        for place in ("a", "b"):
            session.add(Team(id=place, name=f"team {place}", centre_id=place, organisation_id=place))
        session.flush()
        for side in SIDES:
            _people(session, side)
        _users(session)
    with sessions.begin() as session:
        for side in SIDES:
            _things(session, side)
            _record(session, side)
            _said(session, side, canaries(side)[3])
            add_nobodys(session, side)
        session.add_all(_policy(side) for side in "AB")
        for vendor in "ab":
            _product(session, vendor)
        for side in "AB":
            _rota(session, side)
    close_sessions(sessions)


def _people(session: Session, side: str) -> None:
    name, address, note, *_ = canaries(side)
    place = PLACES[side]
    session.add(
        Resident(
            id=f"r-{side}",
            name=name,
            sex="female",
            birth_date="1941-05-02",
            address=address,
            phone="13800000000",
            access_note=note,
            flags=[],
            centre_id=place,
            team_id=place,
            active=True,
            created_at_ms=NOW_MS,
        )
    )


def _users(session: Session) -> None:
    stored = hash_password(PASSWORD, cost=CHEAP)
    for one in USERS:
        facts = {"name": one.name, "role": one.role, "password_hash": stored, "is_lead": one.leads}
        session.add(User(id=f"u-{one.name}", login=one.name, **facts, **dict(one.belongs)))
    for spare in (f"spare-{side}" for side in SIDES):
        session.add(User(id=f"u-{spare}", login=spare, name="spare", role="family", password_hash=stored))
    session.add(User(id="u-locked-out", login="locked-out", name="x", role="admin", enabled=False))
    session.flush()
    for side in "AB":
        session.add(FamilyLink(user_id=f"u-family-{side.lower()}", resident_id=f"r-{side}"))
        session.add(FamilyLink(user_id=f"u-spare-{side}", resident_id=f"r-{side}"))
        session.add(_token(f"spare-{side}", f"u-spare-{side}", "api"))
    session.add(_token("spare-O", "u-spare-O", "api"))
    for caller in CALLERS:
        purpose = "session" if caller.how in {"cookie", "session as token"} else "api"
        if caller.how not in {"anonymous", "garbage", "revoked"}:
            session.add(_token(caller.name, f"u-{user_of(caller)}", purpose, caller))


def _token(name: str, user_id: str, purpose: str, caller: Caller | None = None) -> Token:
    ended = caller is not None and caller.how == "expired"
    return Token(
        sha256=token_digest(f"token {name}" if caller else name),
        user_id=user_id,
        purpose=purpose,
        label="x",
        csrf=f"csrf {name}" if purpose == "session" else "",
        scopes=" ".join(sorted(caller.scopes)) if caller else "read",
        created_at_ms=NOW_MS - DAY_MS,
        expires_at_ms=NOW_MS - 1 if ended else NOW_MS + DAY_MS,
    )


def _product(session: Session, vendor: str) -> None:
    create_product(session, product_id=f"pr-{vendor}", name="x", vendor=vendor, codec="open_json", now_ms=NOW_MS)


def _things(session: Session, side: str) -> None:
    *_, comment, seen, contact, model, reason, _ = canaries(side)
    devices.create_device(
        session,
        device_id=f"w-{side}",
        codec="open_json",
        now_ms=NOW_MS,
        secret=f"secret-{side}",
        resident_id=f"r-{side}" if side != "O" else None,
        vendor=side.lower(),
        model=model,
        alarms=("sos",),
    )
    session.add_all([_alert(side), _browser(side)])
    session.flush()
    session.add(AlertEvent(alert_id=f"al-{side}", at_ms=NOW_MS, what="comment", text=comment, data={}))
    session.add(
        ResidentLimit(
            id=f"l-{side}",
            resident_id=f"r-{side}",
            name="heart_rate_high.high_bpm",
            value=140,
            reason=reason,
            set_by="u-admin",
            set_at_ms=NOW_MS,
            version=1,
        )
    )
    session.add(
        Contact(
            id=f"k-{side}",
            owner_kind="centre",
            owner_id=side.lower(),
            channel="webhook",
            address=f"https://{contact}.example/",
            secret="s",
            min_priority=1,
        )
    )
    session.add(Audit(at_ms=NOW_MS, user_id="u-admin", action="resident.read", resident_id=f"r-{side}", object_id=seen))


def _record(session: Session, side: str) -> None:
    session.add(
        Consent(
            id=f"g-{side}",
            resident_id=f"r-{side}",
            purpose="monitoring",
            text_version="1",
            given_by="x",
            capacity="self",
            given_at_ms=NOW_MS,
        )
    )
    if side != "O":
        session.add(Stay(id=f"s-{side}", resident_id=f"r-{side}", place_id=f"p-{side}", from_ms=NOW_MS))


def _rota(session: Session, side: str) -> None:
    place, note = PLACES[side], canaries(side)[2]
    facts = {"time_zone": "Asia/Shanghai", "covers": "always", "workdays": "cn"}
    session.add(RotaRow(id=f"ro-{side}", owner_kind="centre", owner_id=place, **facts))
    session.flush()
    hours = {"days": "1234567", "start_minute": 0, "end_minute": 0, "crews": [[]], "anchor": "2026-11-23"}
    session.add(RotaShift(id=f"sh-{side}", rota_id=f"ro-{side}", name=note, position=0, **hours))
    written = {"shift_name": "x", "text": canaries(side)[3], "written_by": "u-admin", "at_ms": NOW_MS}
    session.add(Handover(id=f"ho-{side}", rota_id=f"ro-{side}", **written))


def _policy(side: str) -> EscalationPolicy:
    policy = default_policy("fall", Priority.HIGH)
    plain = plain_policy(policy) | {"route": "", "tier": "basic" if side == "A" else "enhanced"}
    return EscalationPolicy(
        policy_id=f"p-{side}",
        organisation_id=side.lower(),
        name=canaries(side)[2],
        content=plain,
        made_at_ms=NOW_MS,
        made_by="u-admin",
    )


def _browser(side: str) -> Contact:
    address = canaries(side)[5]
    return Contact(
        id=f"b-{side}",
        owner_kind="user",
        owner_id=f"u-family-{side.lower()}",
        channel="web_push",
        address=f"https://fcm.googleapis.com/{address}",
        label=address,
    )


def _said(session: Session, side: str, text: str) -> None:
    """Let an admin write a message, ask for a meal, and make a link, about each side's resident."""
    about = {"resident_id": f"r-{side}"}
    session.add(CareMessage(user_id="u-admin", at_ms=NOW_MS, text=text, key=f"key-{side}", **about))
    session.add(
        ServiceRequest(
            id=f"q-{side}",
            kind="meal",
            text=text,
            state="open",
            asked_by="u-admin",
            asked_at_ms=NOW_MS,
            key=f"key-{side}",
            **about,
        )
    )
    session.add(
        SheetLink(
            id=f"sl-{side}",
            sha256=token_digest(f"sheet-{side}"),
            made_by="u-admin",
            made_at_ms=NOW_MS,
            expires_at_ms=NOW_MS + DAY_MS,
            opened=0,
            **about,
        )
    )


def _alert(side: str) -> Alert:
    return Alert(
        id=f"al-{side}",
        resident_id=f"r-{side}",
        kind="fall",
        priority=3,
        condition="present",
        response="unacked",
        started_at_ms=NOW_MS - 5_000,
        raised_at_ms=NOW_MS - 5_000,
        last_at_ms=NOW_MS - 5_000,
        evidence={"features": {"peak_g": 3.4}, "limits": {"peak_g": 2.0}, "device_id": f"w-{side}"},
        is_open=True,
    )


def fill_store(path: Path) -> None:
    """Write a minute of readings of every side."""
    writer = SqliteStoreWriter(path)
    for side in SIDES:
        beats = tuple(Scalar("heart_rate", 60.0 + n, NOW_MS - n * 10_000) for n in range(6))
        sos = Event("sos", NOW_MS - 1_000, attributes={"room": canaries(side)[4]})
        writer.write([StoredReading(f"r-{side}", f"w-{side}", NOW_MS, (*beats, sos))])
    writer.close()
