"""Who gets in, what it may say and hear, and how it is put out."""

from __future__ import annotations

import dataclasses
import logging
from contextlib import ExitStack

import pytest

from gateway.doors import topic_rules
from gateway.doors.login_guard import LoginGuard
from tests.gateway.doors.mqtt.clients import until
from tests.gateway.doors.mqtt.doors import Door, device, open_codec
from tests.gateway.doors.mqtt.raw import Raw
from tests.gateway.mqtt import spoken

HEART = b'{"v":1,"values":{"heart_rate":72}}'
UP = "anhu/v1/dev-1/up"
FOREIGN = "anhu/v1/dev-2/up"


@pytest.mark.parametrize(
    "login",
    [{"user": "nobody"}, {"password": b"wrong"}, {"password": None}, {"user": None, "password": None}],
    ids=["unknown device", "wrong secret", "no secret", "nobody"],
)
def test_a_bad_login_is_refused(door: Door, login: dict[str, object]) -> None:
    for version, code in ((4, 4), (5, 0x86)):
        with Raw(door.port, version) as client:
            assert client.login(**login)[3] == code
            assert client.read() == b""
    assert door.call(door.server.health)["logins_refused"] == 2


def test_a_disabled_device_is_refused(door: Door) -> None:
    door.directory.put(dataclasses.replace(device(), enabled=False))
    with Raw(door.port) as client:
        assert client.login()[3] == 4


def test_a_directory_that_is_down_is_not_a_wrong_secret(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    door.directory.down = True
    with Raw(door.port) as client:
        assert client.login()[3] == 3


def test_a_known_device_is_not_looked_up_again(door: Door) -> None:
    for _ in range(3):
        with Raw(door.port) as client:
            client.login()
    assert door.directory.lookups == 1


@pytest.mark.parametrize("change", ["revoked", "removed", "rotated"])
def test_a_device_whose_credentials_change_is_put_out(door: Door, change: str) -> None:
    with Raw(door.port, 5) as client:
        client.login()
        if change == "removed":
            door.directory.remove("dev-1")
        elif change == "revoked":
            door.directory.put(dataclasses.replace(device(), enabled=False))
        else:
            door.directory.put(device(secret="another secret of enough length"))
        assert client.read()[:3:2] == b"\xe0\x98"
        assert client.read() == b""
    until(lambda: door.log.connections()[-1:] == [("off", "revoked")])


def test_a_new_assignment_reaches_the_open_connection(door: Door) -> None:
    with Raw(door.port) as client:
        client.login()
        door.directory.put(dataclasses.replace(device(), resident_id="r-new"))
        until(lambda: door.directory.lookups == 2)
        until(lambda: _resident_after_publishing(client, door) == "r-new")


def _resident_after_publishing(client: Raw, door: Door) -> str:
    client.send(spoken.publish(UP, HEART))
    client.read()
    return door.log.readings()[-1].resident_id


def test_a_foreign_topic_is_answered_and_dropped_for_an_old_client(door: Door) -> None:
    with Raw(door.port) as client:
        client.login()
        client.send(b"".join(spoken.publish(FOREIGN, HEART, qos=qos, packet_id=qos or 9) for qos in (0, 1, 2)))
        client.send(spoken.publish(UP, HEART, packet_id=3))
        answers = [client.read() for _ in range(3)]
    assert answers == [bytes.fromhex("40020001"), bytes.fromhex("50020002"), bytes.fromhex("40020003")]
    assert door.call(door.server.health)["rejected_publishes"] == 3
    assert len(door.log.readings()) == 1


def test_a_foreign_topic_is_told_to_a_new_client(door: Door) -> None:
    with Raw(door.port, 5) as client:
        client.login()
        client.send(spoken.publish(UP, HEART, version=5, packet_id=1))
        client.send(spoken.publish(FOREIGN, HEART, version=5, packet_id=2))
        client.send(spoken.publish(FOREIGN, HEART, version=5, qos=2, packet_id=3))
        client.send(spoken.publish(FOREIGN, HEART, version=5, qos=0))
        client.send(spoken.publish(UP, HEART, version=5, packet_id=4))
        assert [client.read() for _ in range(4)] == [
            bytes.fromhex("40020001"),
            bytes.fromhex("4003000287"),
            bytes.fromhex("5003000387"),
            bytes.fromhex("40020004"),
        ]
    assert len(door.log.readings()) == 2


def test_a_shared_topic_belongs_to_whoever_logged_in(door: Door) -> None:
    with Raw(door.port) as client:
        client.login(user="watch-1")
        client.send(spoken.publish("watch/VitalSign", HEART))
        assert client.read() == bytes.fromhex("40020001")
    assert door.log.readings()[0].device_id == "watch-1"


@pytest.mark.parametrize(
    ("wanted", "heard"),
    [
        ("anhu/v1/dev-1/commands", True),
        ("anhu/v1/dev-1/#", True),
        ("anhu/v1/+/commands", True),
        ("#", True),
        ("anhu/v1/dev-2/commands", False),
        ("anhu/v1/dev-1/up", False),
        ("$SYS/#", False),
        ("homeassistant/status", False),
    ],
)
def test_any_filter_is_granted_and_only_own_commands_come(wanted: str, heard: bool) -> None:  # noqa: FBT001
    assert [topic_rules.grant(wanted, qos) for qos in (0, 1, 2)] == [0, 1, 1]
    assert topic_rules.hears_commands(open_codec(), device(), wanted) is heard


def test_a_share_of_a_subscription_is_refused_in_words(door: Door) -> None:
    for version, code in ((4, 0x80), (5, 0x9E)):
        with Raw(door.port, version) as client:
            client.login()
            client.send(spoken.subscribe("$share/g/anhu/v1/dev-1/commands", version=version))
            assert client.read()[-1] == code


def test_who_keeps_failing_is_answered_late_by_device_and_by_address() -> None:
    guard = LoginGuard(failed_logins=2, window_s=60)
    assert [guard.failed("a", "dev-1", now_s) for now_s in (0.0, 1.0, 2.0)] == [False, False, True]
    assert not guard.failed("a", "dev-2", 2.0)
    assert not guard.failed("b", "dev-1", 2.0)
    assert not guard.failed("a", "dev-1", 62.5)
    assert [guard.failed("c", f"name-{n}", 0.0) for n in range(21)] == [False] * 20 + [True]


def test_what_the_guard_remembers_is_bounded() -> None:
    guard = LoginGuard(failed_logins=2, window_s=60)
    for n in range(30_000):
        guard.failed(f"2001:db8::{n:x}", "x" * 60_000, 0.0)
    assert len(guard._failures) <= 20_000
    assert max(len(name) for _, name in guard._failures) <= 64


def test_a_right_secret_never_waits_for_those_who_fail_behind_the_same_address(door: Door) -> None:
    settings = door.server.shared.settings
    with ExitStack() as stack:
        for n in range(12 * settings.failed_logins):
            guesser = stack.enter_context(Raw(door.port))
            guesser.send(spoken.connect(password=b"wrong", client_id=f"g{n}"))
        until(lambda: door.call(door.server.health)["logins_slowed"] > settings.failed_logins)
        for version in (4, 5):
            with Raw(door.port, version) as client:
                assert client.login()[3] == 0
        assert door.call(door.server.health)["logins_accepted"] == 2


def test_rubbish_closes_that_connection_only(door: Door) -> None:
    with Raw(door.port) as good, Raw(door.port) as bad, Raw(door.port) as worse:
        good.login()
        bad.login(client_id="c2")
        bad.send(b"\xff" * 50)
        assert bad.read() == b""
        worse.send(b"GET / HTTP/1.1\r\n\r\n")
        assert worse.read() == b""
        good.send(spoken.publish(UP, HEART))
        assert good.read() == bytes.fromhex("40020001")
    assert door.call(door.server.health)["protocol_errors"] == 2


def test_a_wrong_secret_is_told_to_whoever_looks_at_the_device_without_the_secret(door: Door) -> None:
    for login in ({"password": b"wrong-one"}, {"password": None}, {"user": "nobody"}):
        with Raw(door.port) as client:
            assert client.login(**login)[3] == 4
    until(lambda: door.notes.of("dev-1"))
    [(kind, times, last)] = door.notes.of("dev-1")
    assert (kind, last) == ("login_refused", "127.0.0.1")
    assert times in (1, 2), "the second is written a minute later, if the first is written already"
    assert door.notes.of("nobody") == []
    with Raw(door.port) as client:
        assert client.login()[3] == 0
