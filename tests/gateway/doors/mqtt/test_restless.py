"""Connections that break again and again, and gadgets that share a secret: told to the desk, once, with its end."""

from __future__ import annotations

import pytest

from anhu.contract.observation import Event
from anhu.contract.record import Reading
from tests.gateway.doors.mqtt.clients import until
from tests.gateway.doors.mqtt.doors import Door
from tests.gateway.doors.mqtt.raw import Raw
from tests.gateway.mqtt import spoken


def _faults(door: Door) -> list[tuple[str, object]]:
    events = [one.observations[0] for one in door.log.read() if isinstance(one, Reading)]
    return [(e.state, e.attributes["reason"]) for e in events if isinstance(e, Event) and e.kind == "sensor_fault"]


def test_a_device_that_breaks_off_all_the_time_is_told_and_its_calm_too(door: Door) -> None:
    for number in range(1, 25):
        with Raw(door.port) as client:
            client.login()
        until(lambda number=number: len(door.log.connections()) == 2 * number)  # type: ignore[misc]
    until(lambda: _faults(door) == [("on", "flapping")])
    assert door.call(door.server.health)["restless"] == 1
    now_s = door.call(door.server.shared.now_s)
    door.call(lambda: door.server._presence.pass_time(now_s + 601))
    until(lambda: _faults(door) == [("on", "flapping"), ("off", "flapping")])
    assert door.call(door.server.health)["restless"] == 0


def test_a_device_that_says_goodbye_may_come_for_each_message(door: Door) -> None:
    for _ in range(25):
        with Raw(door.port) as client:
            client.login()
            client.send(spoken.DISCONNECT)
            assert client.read() == b""
    assert _faults(door) == []


@pytest.mark.parametrize("own_client_ids", [True, False])
def test_gadgets_that_share_a_credential_are_told(door: Door, *, own_client_ids: bool) -> None:
    gadgets: list[Raw] = []
    for number in range(30):
        gadgets.append(Raw(door.port))
        assert gadgets[-1].login(client_id=f"g{number % 10}" if own_client_ids else "g")[3] == 0
    until(lambda: ("on", "shared_credential") in _faults(door))
    assert _faults(door).count(("on", "shared_credential")) == 1
    until(lambda: "taken_over" in [kind for kind, _, _ in door.notes.of("dev-1")])
    for gadget in gadgets:
        gadget.drop()
