"""A small centre for the pages' tests: residents, people who answer, ninety days of measurements, a real database."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session, sessionmaker

from alerts.engine.resident_finding import ResidentFinding
from alerts.episodes.findings import apply_findings
from alerts.finding import Condition, Evidence, Finding
from alerts.kinds import KINDS
from alerts.tables import AlertEvent, ResidentLimit
from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from anhu.contract.observation import Event, Observation, Scalar, waveform_from_array
from anhu.contract.priority import Priority
from anhu.outbox.tables import Outbox, Receipt
from anhu.registry.database import open_sessions
from anhu.registry.tables import Base, Centre, Contact, Device, FamilyLink, Resident, Team, User
from api.schemas.platform import Component
from api.security.passwords import Cost, hash_password
from ingest.store.embedded.writer import SqliteStoreQuery, SqliteStoreWriter
from ingest.store.port import StoredReading

PASSWORD = "correct-horse-1"
CHEAP = Cost(n=2**4, r=8, p=1)
RATE_HZ = 50.0
QUIET_HOME = 5
"""Whose home sensors say nothing but what a test tells."""

PEOPLE: tuple[tuple[str, str, str, str, str, list[str]], ...] = (
    ("r-1", "王秀英", "female", "1941-05-02", "幸福里 3 号楼 2 单元 501", ["lives_alone", "fall_risk"]),
    ("r-2", "李建国", "male", "1938-11-20", "幸福里 8 号楼 1 单元 102", ["copd"]),
    ("r-3", "张桂兰", "female", "1945-01-14", "湖滨路 66 号 4 单元 1203", ["diabetes"]),
    ("r-4", "陈永贵", "male", "1936-08-30", "湖滨路 12 号", ["heart_failure", "lives_alone"]),
    ("r-5", "赵玉梅", "female", "1943-03-08", "青年街 21 号院 7 号楼 301", ["fall_risk"]),
    ("r-6", "欧阳文彬", "male", "1940-12-24", "幸福里 11 号楼 3 单元 602", ["dementia"]),
)


@dataclass(frozen=True, slots=True)
class Scene:
    """The centre, ready to be served."""

    sessions: sessionmaker[Session]
    store: SqliteStoreQuery
    writer: SqliteStoreWriter
    parts: list[Component] = field(default_factory=list)

    def raise_alert(self, resident_id: str, kind: str, *, now_ms: int, ago_ms: int = 0, **more: object) -> str:
        """Raise an alert as the engine does, and return its id."""
        late = bool(more.pop("late", False))
        device_id = str(more.pop("device_id", "watch-1"))
        priority = more.pop("priority", KINDS[kind].priority)
        assert isinstance(priority, Priority)
        finding = Finding(
            kind=kind,
            condition=Condition.PRESENT,
            at_ms=now_ms - ago_ms,
            decided_at_ms=now_ms - ago_ms,
            score=0.9,
            priority=priority,
            evidence=Evidence(**more),  # type: ignore[arg-type]
        )
        with self.sessions.begin() as session:
            apply_findings(session, [ResidentFinding(resident_id, device_id, finding, late)], now_ms=now_ms)
            return session.query(AlertEvent).order_by(AlertEvent.id.desc()).first().alert_id  # type: ignore[union-attr]

    def close(self) -> None:
        """Let go of the files."""
        self.writer.close()
        self.store.close()
        self.sessions.kw["bind"].dispose()


def make_scene(folder: Path, now_ms: int) -> Scene:
    """Fill a database and a store. [ms]."""
    sessions = open_sessions(f"sqlite:///{folder / 'anhu.db'}")
    Base.metadata.create_all(sessions.kw["bind"])
    with sessions.begin() as session:
        _add_people(session, now_ms)
    writer = SqliteStoreWriter(folder / "store.db")
    scene = Scene(sessions, SqliteStoreQuery(folder / "store.db"), writer)
    _measure(writer, now_ms)
    return scene


def _add_people(session: Session, now_ms: int) -> None:
    session.add(Centre(id="c-1", name="幸福里社区服务中心", phone="021-55550100"))
    session.flush()
    session.add(Team(id="t-1", name="李医生团队", centre_id="c-1"))
    session.flush()
    for number, (resident_id, name, sex, born, address, flags) in enumerate(PEOPLE, start=1):
        session.add(
            Resident(
                id=resident_id,
                name=name,
                sex=sex,
                birth_date=born,
                address=address,
                phone=f"1380013800{number}",
                access_note="备用钥匙在 2 单元 201 周阿姨处" if number % 2 else "",
                flags=flags,
                centre_id="c-1",
                team_id="t-1",
                created_at_ms=now_ms - 100 * DAY_MS,
            )
        )
    _add_users(session)
    session.flush()
    _add_devices(session, now_ms)
    session.add(FamilyLink(user_id="u-family", resident_id="r-1", relation="daughter"))
    contacts = (("user", "u-family", "tel", "13900139000"), ("team", "t-1", "webhook", "http://127.0.0.1:1/hook"))
    for n, (kind, owner, channel, address) in enumerate(contacts):
        session.add(Contact(id=f"k-{n}", owner_kind=kind, owner_id=owner, channel=channel, address=address))
    session.add(_own_limit(now_ms))


def _own_limit(now_ms: int) -> ResidentLimit:
    return ResidentLimit(
        id="l-1",
        resident_id="r-1",
        name="heart_rate_high.high_bpm",
        value=120,
        reason="房颤，遵医嘱",
        set_by="u-doctor",
        set_at_ms=now_ms - DAY_MS,
        until_ms=now_ms + 60 * DAY_MS,
        version=1,
    )


def _add_users(session: Session) -> None:
    hashed = hash_password(PASSWORD, cost=CHEAP)
    for login, name, role in (
        ("desk", "刘芳", "desk"),
        ("desk-two", "马强", "desk"),
        ("doctor", "李医生", "team"),
        ("family", "王小明", "family"),
        ("stranger", "外人", "family"),
        ("vendor", "厂商", "vendor"),
    ):
        session.add(
            User(
                id=f"u-{login}",
                login=login,
                name=name,
                role=role,
                password_hash=hashed,
                centre_id="c-1" if role == "desk" else None,
                team_id="t-1" if role == "team" else None,
                vendor="Kati" if role == "vendor" else "",
            )
        )


def _add_devices(session: Session, now_ms: int) -> None:
    for number, (resident_id, *_) in enumerate(PEOPLE, start=1):
        for kind, room in (("watch", ""), ("home", "bathroom")):
            session.add(
                Device(
                    id=f"{kind}-{number}",
                    codec="open_json",
                    model="S4" if kind == "watch" else "ZB-1",
                    vendor="Kati" if kind == "watch" else "Anjia",
                    resident_id=resident_id,
                    room=room,
                    enrolled_at_ms=now_ms - 90 * DAY_MS,
                    version=number,
                )
            )


def _measure(writer: SqliteStoreWriter, now_ms: int) -> None:
    rng = random.Random(5)  # noqa: S311 - a made-up day, the same every time
    for number, (resident_id, *_) in enumerate(PEOPLE, start=1):
        days = 90 if number == 1 else 2
        observations = list(_vitals(now_ms, days, rng))
        _write(writer, resident_id, f"watch-{number}", now_ms, observations)
        if number != QUIET_HOME:
            _write(writer, resident_id, f"home-{number}", now_ms, _home_events(now_ms, rng))


def _vitals(now_ms: int, days: int, rng: random.Random) -> Sequence[Observation]:
    found: list[Observation] = []
    for minute in [*range(0, 2 * 24 * 60, 10), *range(2 * 24 * 60, days * 24 * 60, 60)]:
        at = now_ms - minute * MINUTE_MS
        hour = at / HOUR_MS % 24
        if minute // 60 in range(7, 10):  # a night without a charged watch
            continue
        heart = 72 + 8 * math.sin((hour - 6) / 24 * 2 * math.pi) + rng.gauss(0, 3) + (45 if 180 < minute < 215 else 0)
        found.append(Scalar("heart_rate", round(heart), at))
        found.append(Scalar("spo2", min(100, round(96.5 + rng.gauss(0, 0.8))), at))
        if minute % 720 == 0:
            systolic = round(134 + rng.gauss(0, 7))
            found.append(Scalar("systolic_pressure", systolic, at))
            found.append(Scalar("diastolic_pressure", systolic - 52, at))
            found.append(Scalar("body_temperature", round(36.5 + rng.gauss(0, 0.2), 1), at, quality=32))
            found.append(Scalar("battery", max(12, 90 - minute / 30 % 80), at))
    return found


def _home_events(now_ms: int, rng: random.Random) -> Sequence[Observation]:
    events: list[Observation] = []
    for k in range(30):
        at = now_ms - (k * 25 + rng.randrange(10) + 3) * MINUTE_MS
        room = rng.choice(("bedroom", "bathroom", "kitchen", "living_room"))
        events.append(Event("motion", at, "on", {"room": room}))
    events.append(Event("contact", now_ms - 2 * HOUR_MS, "on", {"room": "front_door"}))
    return events


def _write(
    writer: SqliteStoreWriter, resident_id: str, device_id: str, now_ms: int, found: Sequence[Observation]
) -> None:
    result = writer.write([StoredReading(resident_id, device_id, now_ms, tuple(found))])
    assert result.retry_after_s is None, result.reason
    assert not result.rejected, result.rejected


def made_up_fall() -> NDArray[np.float64]:
    """Return twelve seconds of walking, a hit at 6 s, and lying. [g]."""
    t = np.arange(0, 12, 1 / RATE_HZ)
    walking = np.where(t < 6, 0.18 * np.sin(2 * np.pi * 1.9 * t), 0.0)
    up = np.where(t < 6, 1.0, 0.12)
    hit = 2.6 * np.exp(-(((t - 6.0) / 0.06) ** 2))
    return np.stack(
        [0.1 + hit * 0.4 + (1 - up) * 0.9, -(up + walking) - hit * 0.8, 0.15 * np.sin(t) + hit * 0.3], axis=1
    )


def record_fall(
    scene: Scene, resident_id: str, *, now_ms: int, samples: NDArray[np.float64] | None = None, rate_hz: float = RATE_HZ
) -> str:
    """Store a fall's acceleration and raise the alert it leads to."""
    acceleration = made_up_fall() if samples is None else samples
    number = resident_id.removeprefix("r-")
    start_ms = now_ms - 20 * SECOND_MS
    size = np.linalg.norm(acceleration, axis=1)
    impact_ms = start_ms + round(float(np.argmax(size)) / rate_hz * 1_000)
    waveform = waveform_from_array(
        "acceleration",
        acceleration,
        observed_at_ms=start_ms,
        sampling_rate_hz=rate_hz,
        channels=("x", "y", "z"),
        position="waist",
    )
    _write(scene.writer, resident_id, f"watch-{number}", now_ms, [waveform])
    return scene.raise_alert(
        resident_id,
        "fall",
        now_ms=now_ms,
        ago_ms=now_ms - impact_ms,
        device_id=f"watch-{number}",
        features={"score": 0.96, "peak_g": round(float(size.max()), 2), "tilt_deg": 78.0, "stillness_g": 0.03},
        limits={"score": 0.5, "peak_g": 1.6},
        quantity="acceleration",
        start_ms=impact_ms - 1_000,
        end_ms=impact_ms + 4_000,
    )


def tell_somebody(scene: Scene, alert_id: str, *, now_ms: int) -> None:
    """Write a notification with its receipt."""
    with scene.sessions.begin() as session:
        row = Outbox(
            idempotency_key=f"test-{alert_id}",
            subject_kind="alert",
            subject_id=alert_id,
            contact_id="k-1",
            reason="raised",
            priority=3,
            state="sent",
            attempts=2,
            due_at_ms=now_ms,
            created_at_ms=now_ms,
        )
        session.add(row)
        session.flush()
        session.add(Receipt(outbox_id=row.id, at_ms=now_ms, state="sent", detail="HTTP 200"))
