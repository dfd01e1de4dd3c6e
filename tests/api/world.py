"""Two centres with their people: one is ours, the other holds strangers."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from sqlalchemy.orm import Session, sessionmaker

from alerts.engine.resident_finding import ResidentFinding
from alerts.episodes.findings import apply_findings
from alerts.episodes.lifecycle import Response
from alerts.finding import Condition, Evidence, Finding
from alerts.kinds import KINDS
from alerts.tables import Alert, AlertEvent
from anhu.contract.allowance import Rate
from anhu.contract.clock import DAY_MS, ManualClock
from anhu.contract.priority import Priority
from anhu.contract.proxies import Network
from anhu.outbox.callbacks import CallbackReader
from anhu.registry import devices
from anhu.registry.contact_form import ContactForm
from anhu.registry.identity_vault import IdentityVault
from anhu.registry.roles import Role
from anhu.registry.secret_vault import SecretVault
from anhu.registry.tables import Base, Centre, Contact, FamilyLink, Resident, Team, Token, User
from api.app import create_app
from api.crowd import Crowd
from api.dependencies import Dependencies, Family
from api.look_journal import LookJournal
from api.security.passwords import Cost, hash_password
from api.security.viewers import token_digest
from ingest.delivered import DeliveriesQuery
from ingest.letter import LettersQuery
from ingest.store.port import StoreQuery
from notify.channels import contact_forms

NOW_MS = 1_795_406_400_000  # 2026-11-23T04:00:00Z
PASSWORD = "correct-horse-1"
CHEAP = Cost(n=2**4, r=8, p=1)
VAULT = IdentityVault(b"k" * 32)
WITHOUT_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients of plain HTTP: to read the machine's certificates takes longer than most tests."""
_NOBODY_CALLS: Mapping[str, CallbackReader] = MappingProxyType({})
_FAMILIES = {"sleepthing": Family("a family whose vendor's cloud is asked", ("http", "poll"))}
ROLES = tuple(role.value for role in Role)


@dataclass(frozen=True, slots=True)
class World:
    """The database, filled, with a clock that stands still."""

    sessions: sessionmaker[Session]
    clock: ManualClock

    def raise_alert(
        self,
        resident_id: str,
        kind: str = "fall",
        *,
        priority: Priority | None = None,
        late: bool = False,
        detector: str = "",
        version: int = 0,
    ) -> str:
        """Raise an alert (or a later stage of one) as the engine does; return its identity."""
        now_ms = self.clock.now_ms()
        finding = Finding(
            kind=kind,
            condition=Condition.PRESENT,
            at_ms=now_ms,
            decided_at_ms=now_ms,
            score=0.9,
            priority=KINDS[kind].priority if priority is None else priority,
            evidence=Evidence({"peak_g": 3.4}, {"peak_g": 2.0}, detector=detector, version=version),
        )
        with self.sessions.begin() as session:
            apply_findings(session, [ResidentFinding(resident_id, "watch-ours", finding, late)], now_ms=now_ms)
            rows = session.query(Alert).filter_by(resident_id=resident_id, kind=kind, is_open=True)
            return rows.one().id

    def note_failed_message(self, alert_id: str, reason: str) -> None:
        """Write into an alert's history that a message could not be delivered, as the dispatcher does."""
        with self.sessions.begin() as session:
            data = {"channel": "email", "reason": reason}
            session.add(AlertEvent(alert_id=alert_id, at_ms=self.clock.now_ms(), what="notify_failed", data=data))

    def answer_behind(self, alert_id: str) -> None:
        """Mark an alert answered without cancelling its messages: as a desk does in the very moment of sending."""
        with self.sessions.begin() as session:
            session.get_one(Alert, alert_id).response = Response.ACKNOWLEDGED

    def contact(self, address: str, *, channel: str = "webhook", owner: str = "centre", **more: object) -> str:
        """Add a contact of our centre (or team) and return its identity."""
        with self.sessions.begin() as session:
            number = session.query(Contact).count() + 1
            values = {"secret": "signing-secret", "min_priority": 0, "language": "zh-CN", "enabled": True} | more
            row = Contact(
                id=f"k-{number}", owner_kind=owner, owner_id="ours", channel=channel, address=address, **values
            )
            session.add(row)
            return row.id


def build(sessions: sessionmaker[Session]) -> World:
    """Make the tables and fill them."""
    Base.metadata.create_all(sessions.kw["bind"])
    with sessions.begin() as session:
        for side in ("ours", "theirs"):
            session.add(Centre(id=side, name=f"centre {side}", region_code="330106", phone="057100"))
        session.flush()
        for side in ("ours", "theirs"):
            session.add(Team(id=side, name=f"team {side}", centre_id=side))
        session.flush()
        for side, name in (("ours", "张小三"), ("theirs", "李四")):
            session.add(_resident(side, name))
        for role in ROLES:
            session.add(_user(role))
        session.flush()
        session.add(FamilyLink(user_id="u-family", resident_id="r-ours", relation="daughter"))
        for role in ROLES:
            session.add(_token(role))
    with sessions.begin() as session:
        for side in ("ours", "theirs"):
            devices.create_device(
                session,
                device_id=f"watch-{side}",
                codec="open_json",
                now_ms=NOW_MS,
                secret=f"secret-{side}",
                resident_id=f"r-{side}",
                vendor=side,
                alarms=("sos", "fall"),
            )
    return World(sessions, ManualClock(NOW_MS))


def _resident(side: str, name: str) -> Resident:
    return Resident(
        id=f"r-{side}",
        name=name,
        sex="female",
        birth_date="1941-05-02",
        address="幸福里 3 号楼",
        phone="13800000000",
        access_note="key at 502",
        flags=["fall_risk"],
        centre_id=side,
        team_id=side,
        active=True,
        created_at_ms=NOW_MS,
    )


def _user(role: str) -> User:
    return User(
        id=f"u-{role}",
        login=role,
        name=f"the {role}",
        role=role,
        password_hash=hash_password(PASSWORD, cost=CHEAP),
        centre_id="ours" if role == "desk" else None,
        team_id="ours" if role == "team" else None,
        vendor="ours" if role == "vendor" else "",
    )


def _token(role: str) -> Token:
    return Token(
        sha256=token_digest(f"token-{role}"),
        user_id=f"u-{role}",
        purpose="api",
        label="test",
        created_at_ms=NOW_MS,
        expires_at_ms=NOW_MS + DAY_MS,
    )


@dataclass(frozen=True, slots=True)
class Site:
    """The API behind a real port."""

    world: World
    url: str
    deps: Dependencies
    write_minute: Callable[[], None]
    """Let the minute pass after which refusals and uses of tokens are written."""

    @contextmanager
    def anonymous(self) -> Iterator[httpx.Client]:
        """Ask as nobody."""
        with httpx.Client(base_url=self.url, timeout=60, trust_env=False, verify=WITHOUT_TLS) as client:
            yield client

    @contextmanager
    def program(self, role: str) -> Iterator[httpx.Client]:
        """Ask with a bearer token."""
        with self.anonymous() as client:
            client.headers["Authorization"] = f"Bearer token-{role}"
            yield client

    @contextmanager
    def browser(self, role: str) -> Iterator[httpx.Client]:
        """Ask with a session cookie and its CSRF token."""
        with self.anonymous() as client:
            answer = client.post("/api/v1/login", json={"login": role, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            client.headers["X-CSRF-Token"] = answer.json()["csrf"]
            yield client


async def _at_once(_seconds: float) -> None:
    """Wait for nothing: who asks too much is told so at once in a test."""


def _quiet(app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        log_level="warning",
        timeout_graceful_shutdown=1,
        ws="none",
        proxy_headers=False,
    )


def _started(app: FastAPI) -> tuple[uvicorn.Server, threading.Thread]:
    server = uvicorn.Server(_quiet(app))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        assert time.monotonic() < deadline, "the server did not start in time"
        time.sleep(0.01)
    return server, thread


@contextmanager
def _running(app: FastAPI) -> Iterator[int]:
    server, thread = _started(app)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        assert not thread.is_alive(), "the server did not stop"


@contextmanager
def serve(
    world: World,
    store: StoreQuery,
    *,
    cookie_secure: bool = False,
    trusted_proxies: Sequence[Network] = (),
    looks: LookJournal | None = None,
    letters: LettersQuery | None = None,
    deliveries: DeliveriesQuery | None = None,
    vault: IdentityVault | None = VAULT,
    callbacks: Mapping[str, CallbackReader] = _NOBODY_CALLS,
    channels: Mapping[str, ContactForm] | None = None,
    public_url: str = "",
    signing: frozenset[str] = frozenset(),
    **more: Any,  # noqa: ANN401 - whatever else the API needs from outside
) -> Iterator[Site]:
    """Serve the world on a free port of the loopback."""
    deps = Dependencies(
        sessions=world.sessions,
        store=store,
        clock=world.clock,
        cookie_secure=cookie_secure,
        channels=contact_forms({}) if channels is None else channels,
        public_url=public_url,
        trusted_proxies=trusted_proxies,
        looks=looks,
        crowd=Crowd(Rate(10**9, 10**9), _at_once),
        letters=letters,
        deliveries=deliveries,
        vault=vault,
        codecs=frozenset({"open_json"}) | signing,
        signing=signing,
        families=_FAMILIES,
        secrets=SecretVault(bytes(32)),
        callbacks=callbacks,
        **more,
    )
    app = create_app(deps)
    with _running(app) as port:
        yield Site(world, f"http://127.0.0.1:{port}", deps, app.state.book.write)
