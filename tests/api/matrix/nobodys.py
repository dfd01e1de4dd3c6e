"""What is nobody's in the town: a stranger of each side's vendor, a measurement of each side's scale."""

from __future__ import annotations

from sqlalchemy.orm import Session

from anhu.contract.observation import Scalar
from anhu.contract.record import Reading, encode_record
from anhu.registry import devices
from anhu.registry.product_tables import Product
from anhu.registry.quarantine_tables import QuarantinedDevice, UnassignedReading
from tests.api.world import NOW_MS


def add_nobodys(session: Session, side: str) -> None:
    """Let a device of each side's vendor speak that nobody registered, and a scale weigh whom it does not know."""
    vendor = side.lower()
    session.add(Product(id=f"p-{vendor}", name="x", vendor=vendor, codec="open_json", created_at_ms=NOW_MS))
    seen = {"door": "http", "source": f"product p-{vendor}", "messages": 1, "first_ms": NOW_MS, "last_ms": NOW_MS}
    stranger = f"st-{side}"
    session.add(QuarantinedDevice(id=stranger, said=stranger, product_id=f"p-{vendor}", codec="open_json", **seen))
    shared = f"scale-{side}"
    devices.create_device(session, device_id=shared, codec="open_json", now_ms=NOW_MS)
    devices.update_device(session, shared, {"shared": True})
    devices.create_device(
        session,
        device_id=f"{shared}:1",
        codec="open_json",
        now_ms=NOW_MS,
        resident_id=f"r-{side}",
        parent_id=shared,
        child_name="1",
    )
    weighed = Reading(shared, "", NOW_MS, (Scalar("weight", 61.0, NOW_MS, source="2"),))
    facts = {"device_id": shared, "slot": "2", "received_at_ms": NOW_MS, "record": encode_record(weighed)}
    session.add(UnassignedReading(id=f"un-{side}", **facts))
