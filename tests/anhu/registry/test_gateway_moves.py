"""A home gateway that changes hands takes along what is behind it, and leaves what was given to somebody else."""

from __future__ import annotations

from sqlalchemy.orm import Session, sessionmaker

from anhu.registry.devices import assign_device, create_device
from anhu.registry.residents import create_resident
from anhu.registry.tables import Device
from tests.town import empty_url, sessions, town

__all__ = ["empty_url", "sessions", "town"]
T0 = 1_795_300_000_000


def test_the_button_behind_a_gateway_calls_for_the_new_resident(town: sessionmaker[Session]) -> None:
    with town.begin() as session:
        for resident_id in ("r-new", "r-neighbour"):
            create_resident(session, name=resident_id, now_ms=T0, resident_id=resident_id)
        create_device(session, device_id="gw", codec="open_json", now_ms=T0, resident_id="r-1")
        for name, resident_id in (("button", "r-1"), ("corridor", "r-neighbour")):
            create_device(
                session, device_id=name, codec="open_json", now_ms=T0, resident_id=resident_id, parent_id="gw"
            )
        assign_device(session, "gw", "r-new", now_ms=T0 + 1)
        now = {row.id: (row.resident_id, row.enrolled_at_ms) for row in session.query(Device)}
    assert (now["gw"], now["button"]) == (("r-new", T0 + 1), ("r-new", T0 + 1))
    assert now["corridor"] == ("r-neighbour", T0)
