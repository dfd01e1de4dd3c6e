"""Somebody who runs the platform, for tests of the pages on which it is set up."""

from __future__ import annotations

from anhu.contract.clock import SystemClock
from anhu.contract.observation import Scalar
from anhu.contract.record import Reading, encode_record
from anhu.registry.quarantine_tables import QuarantinedDevice, QuarantineOverflow, UnassignedReading
from anhu.registry.tables import User
from api.security.passwords import hash_password
from tests.api.web.scene import CHEAP, PASSWORD, Scene


def add_admin(scene: Scene, login: str = "admin") -> None:
    """Let an administrator log in with the scene's password."""
    hashed = hash_password(PASSWORD, cost=CHEAP)
    with scene.sessions.begin() as session:
        session.add(User(id=f"u-{login}", login=login, name="周主任", role="admin", password_hash=hashed))


def add_nobodys(scene: Scene) -> None:
    """Let a device call that nobody registered, and somebody measure whom a shared cuff does not know."""
    now_ms = SystemClock().now_ms()
    with scene.sessions.begin() as session:
        seen = {"door": "tcp", "address": "203.0.113.7", "source": "203.0.113.7", "messages": 12, "calls": 2}
        times = {"first_ms": now_ms - 3_600_000, "last_ms": now_ms - 5_000, "last_call_ms": now_ms - 5_000}
        session.add(QuarantinedDevice(id="860000000000001", said="860000000000001", codec="open_json", **seen, **times))
        session.add(QuarantinedDevice(id="stranger:x:1", said="设备 #7 <b>", **seen, **times))
        passed = {"messages": 99_500, "last_said": "made-up-99999", "last_ms": now_ms}
        session.add(QuarantineOverflow(source="198.51.100.1", **passed))
        for n, (slot, value) in enumerate((("3", 190.0), ("?", 128.0))):
            reading = Reading("cuff-1", "", now_ms, (Scalar("systolic_pressure", value, now_ms - n, source=slot),))
            facts = {"record": encode_record(reading), "received_at_ms": now_ms, "abnormal": value > 180}
            session.add(UnassignedReading(id=f"un-{n}", device_id="cuff-1", slot=slot, **facts))
