"""Devices that come, go, vanish and take over; their wills and their sessions."""

from __future__ import annotations

from tests.gateway.doors.mqtt.clients import until
from tests.gateway.doors.mqtt.doors import Door
from tests.gateway.doors.mqtt.raw import Raw
from tests.gateway.mqtt import spoken

UP = "anhu/v1/dev-1/up"
WILL = (UP, b'{"v":1,"events":[{"kind":"worn","state":"off"}]}')


def test_a_good_bye_and_a_vanishing_are_told_apart(door: Door) -> None:
    with Raw(door.port) as client:
        client.login(will=WILL)
        client.send(spoken.DISCONNECT)
        assert client.read() == b""
    until(lambda: len(door.log.connections()) == 2)
    with Raw(door.port) as client:
        client.login(will=WILL)
    until(lambda: len(door.log.connections()) == 4)
    assert door.log.connections() == [
        ("on", "connected"),
        ("off", "disconnected"),
        ("on", "connected"),
        ("off", "vanished"),
    ]
    assert [r.observations[0].quantity for r in door.log.readings()] == ["worn"]


def test_a_will_for_a_foreign_topic_is_not_said(door: Door) -> None:
    with Raw(door.port) as client:
        client.login(will=("anhu/v1/dev-2/up", WILL[1]))
    until(lambda: len(door.log.connections()) == 2)
    assert door.log.readings() == []
    assert door.call(door.server.health)["rejected_publishes"] == 1


def test_silence_for_one_and_a_half_keep_alives_is_an_absence(door: Door) -> None:
    with Raw(door.port, 5) as client:
        client.login(keep_alive_s=60)
        now_s = door.call(door.server.shared.now_s)
        door.call(lambda: door.server.silence.sweep(now_s + 89))
        client.send(spoken.PINGREQ)
        assert client.read() == b"\xd0\x00"
        door.call(lambda: door.server.silence.sweep(now_s + 95))
        assert client.read()[:3:2] == b"\xe0\x8d"
        assert client.read() == b""
    until(lambda: door.log.connections() == [("on", "connected"), ("off", "keep_alive")])


def test_a_connection_that_never_logs_in_is_closed(door: Door) -> None:
    with Raw(door.port) as client:
        client.send(b"\x10")
        until(lambda: door.call(door.server.health)["connected"] == 1)
        now_s = door.call(door.server.shared.now_s)
        door.call(lambda: door.server.silence.sweep(now_s + 11))
        assert client.read() == b""
    assert door.log.connections() == []


def test_a_time_in_which_we_read_nothing_is_nobodys_silence(door: Door) -> None:
    with Raw(door.port) as client:
        client.send(b"\x10")
        until(lambda: door.call(door.server.health)["connected"] == 1)
        now_s = door.call(door.server.shared.now_s)
        door.call(lambda: door.server.silence.excuse(15))
        door.call(lambda: door.server.silence.excuse(-0.5))
        door.call(lambda: door.server.silence.sweep(now_s + 24))
        assert client.quiet(0.05)
        door.call(lambda: door.server.silence.sweep(now_s + 26))
        assert client.read() == b""


def test_keep_alive_0_is_never_silent_in_version_3_and_given_a_limit_in_version_5(door: Door) -> None:
    with Raw(door.port) as client:
        client.login(keep_alive_s=0)
        now_s = door.call(door.server.shared.now_s)
        door.call(lambda: door.server.silence.sweep(now_s + 1e6))
        client.send(spoken.PINGREQ)
        assert client.read() == b"\xd0\x00"
    with Raw(door.port, 5) as client:
        assert b"\x13\x0e\x10" in client.login(keep_alive_s=0)


def test_the_same_client_takes_over_and_the_device_was_never_away(door: Door) -> None:
    with Raw(door.port, 5) as old, Raw(door.port, 5) as new:
        old.login(will=WILL)
        new.login()
        assert old.read()[:3:2] == b"\xe0\x8e"
        assert old.read() == b""
        new.send(spoken.PINGREQ)
        assert new.read() == b"\xd0\x00"
    until(lambda: len(door.log.connections()) == 3)
    assert door.log.connections() == [("on", "connected"), ("on", "taken_over"), ("off", "vanished")]
    assert len(door.log.readings()) == 1  # the old connection's will, as the standard has it


def test_a_client_id_takes_nothing_from_another_device(door: Door) -> None:
    with Raw(door.port) as one, Raw(door.port) as other:
        one.login(user="dev-1", client_id="same")
        other.login(user="dev-2", client_id="same")
        one.send(spoken.PINGREQ)
        assert one.read() == b"\xd0\x00"


def test_a_second_connection_that_replaces_a_dying_one_is_no_absence(door: Door) -> None:
    with Raw(door.port) as new:
        with Raw(door.port) as dying:
            dying.login(client_id="random-1")
            new.login(client_id="random-2")
        until(lambda: door.call(door.server.health)["connected"] == 1)
    until(lambda: len(door.log.connections()) == 2)
    assert door.log.connections() == [("on", "connected"), ("off", "vanished")]


def test_one_device_holds_only_so_many_connections(door: Door) -> None:
    clients = [Raw(door.port) for _ in range(door.server.shared.settings.max_connections_per_device + 1)]
    for i, client in enumerate(clients):
        client.login(client_id=f"c{i}")
    assert clients[0].read() == b""
    for client in clients:
        client.drop()


def test_a_delayed_will_is_not_said_when_the_client_comes_back(door: Door) -> None:
    delay = b"\x18\x00\x00\x00\x1e"
    expiry = b"\x11\x00\x00\x00\x3c"
    with Raw(door.port, 5) as client:
        client.login(clean=False, properties=expiry, will=WILL, will_properties=delay)
    until(lambda: len(door.log.connections()) == 2)
    with Raw(door.port, 5) as client:
        assert client.login(clean=False, properties=expiry, will=WILL, will_properties=delay)[2] == 1
    until(lambda: len(door.log.connections()) == 4)
    now_s = door.call(door.server.shared.now_s)
    door.call(lambda: door.server.silence.sweep(now_s + 29))
    assert door.log.readings() == []
    door.call(lambda: door.server.silence.sweep(now_s + 31))
    until(lambda: len(door.log.readings()) == 1)


def test_a_delayed_will_is_said_when_the_session_ends_first(door: Door) -> None:
    delay = b"\x18\x00\x00\x00\x3c"
    with Raw(door.port, 5) as client:
        client.login(properties=b"\x11\x00\x00\x00\x0a", will=WILL, will_properties=delay)
    until(lambda: len(door.log.connections()) == 2)
    now_s = door.call(door.server.shared.now_s)
    door.call(lambda: door.server.silence.sweep(now_s + 11))
    until(lambda: len(door.log.readings()) == 1)
    assert door.call(door.server.health)["sessions"] == 0


def test_a_session_lives_as_long_as_agreed(door: Door) -> None:
    with Raw(door.port, 5) as client:
        assert b"\x11\x00\x01\x51\x80" in client.login(properties=b"\x11\xff\xff\xff\xff")  # no longer than a day
    with Raw(door.port) as client:
        client.login(client_id="c2", clean=True)
    until(lambda: door.call(door.server.health)["connected"] == 0)
    assert door.call(door.server.health)["sessions"] == 1
    now_s = door.call(door.server.shared.now_s)
    door.call(lambda: door.server.silence.sweep(now_s + 86_401))
    assert door.call(door.server.health)["sessions"] == 0


def test_a_clean_start_forgets(door: Door) -> None:
    with Raw(door.port) as client:
        assert client.login(clean=False)[2] == 0
    with Raw(door.port) as client:
        assert client.login(clean=False)[2] == 1
    with Raw(door.port) as client:
        assert client.login(clean=True)[2] == 0
    with Raw(door.port) as client:
        assert client.login(clean=False)[2] == 0
