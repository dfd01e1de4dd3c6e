"""A database with two residents, strangers and shared devices, for what is nobody's."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.orm import Session

from anhu.contract.clock import HOUR_MS, ManualClock
from anhu.contract.observation import Scalar
from anhu.contract.record import Reading
from anhu.registry import devices
from anhu.registry.database import close_sessions, engine_of, open_sessions
from anhu.registry.product_tables import Product
from anhu.registry.quarantine_tables import QuarantinedDevice, QuarantinedMessage
from anhu.registry.residents import create_resident
from anhu.registry.roles import Role
from anhu.registry.tables import Base
from api.dependencies import Dependencies
from api.security.roles import Viewer
from gateway.codecs import discover
from gateway.device_register import DatabaseDirectory
from gateway.intake import Intake
from gateway.quarantine_register import DatabaseStrangerRegister
from gateway.replay import Replay
from tests.gateway.doors.mqtt.doors import MemoryLog

NOW_MS = 1_795_300_000_000
ADMIN = Viewer(user_id="u-admin", login="admin", name="周主任", role=Role.ADMIN)
SECRET = b'{"v":1,"values":{"heart_rate":141},"events":[{"kind":"sos"}]}'


def nobodys_world(tmp_path: Path) -> Iterator[Dependencies]:
    sessions = open_sessions(f"sqlite:///{tmp_path / 'anhu.db'}")
    Base.metadata.create_all(engine_of(sessions))
    with sessions.begin() as session:
        for name in ("王秀英", "李桂兰"):
            create_resident(session, resident_id=f"r-{'王李'.index(name[0])}", name=name, now_ms=NOW_MS)
        session.add(Product(id="watch-x", name="X", vendor="acme", model="X1", codec="open_json", created_at_ms=NOW_MS))
        _stranger(session, "s-1", product_id="watch-x")
        _stranger(session, "s-2")
    yield Dependencies(sessions=sessions, store=None, clock=ManualClock(NOW_MS))  # type: ignore[arg-type]
    close_sessions(sessions)


def _stranger(session: Session, name: str, product_id: str = "") -> None:
    seen = {"door": "http", "source": "x", "messages": 1, "first_ms": NOW_MS - 5 * HOUR_MS, "last_ms": NOW_MS}
    session.add(QuarantinedDevice(id=name, said=name, codec="open_json", product_id=product_id, **seen))
    session.flush()
    said = {"door": "http", "route": "/push/x", "payload": SECRET, "received_at_ms": NOW_MS - 5 * HOUR_MS}
    session.add(QuarantinedMessage(quarantined_id=name, frame_device_id=name, **said))


def replayed(deps: Dependencies) -> list[Reading]:
    log, register = MemoryLog(), DatabaseStrangerRegister(deps.sessions)

    async def scene() -> None:
        intake = Intake(discover(), log, deps.clock)
        replay = Replay(intake, register, DatabaseDirectory(deps.sessions))
        await replay.round()
        replay.close()

    asyncio.run(scene())
    return log.readings()


def measured(slot: str, systolic: float, at_ms: int = NOW_MS) -> Reading:
    return Reading("cuff-1", "", at_ms, (Scalar("systolic_pressure", systolic, at_ms, source=slot),))


def share(deps: Dependencies) -> None:
    with deps.sessions.begin() as session:
        devices.create_device(session, device_id="cuff-1", codec="open_json", now_ms=NOW_MS, resident_id="r-0")
        devices.update_device(session, "cuff-1", {"shared": True})
