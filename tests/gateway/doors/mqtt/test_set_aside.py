"""What nobody takes does not stand before a call for help: answered, counted, kept, shown, and the next is read."""

from __future__ import annotations

import pytest

from anhu.contract.clock import MINUTE_MS
from anhu.contract.observation import Event
from gateway.doors.mqtt.settings import MqttSettings
from gateway.doors.set_aside import Aside, SetAside, shown
from tests.gateway.doors.mqtt.clients import until
from tests.gateway.doors.mqtt.doors import Door, device
from tests.gateway.doors.mqtt.raw import Raw
from tests.gateway.mqtt import spoken

UP = "anhu/v1/dev-1/up"
CALL = b'{"v":1,"events":[{"kind":"sos"}]}'
FOREIGN = {
    "a bridge's notice": "$SYS/broker/connection/home.anhu/state",
    "discovery": "homeassistant/sensor/button/config",
    "a birth message": "device/status",
    "another device": "anhu/v1/dev-2/up",
    "a cloud's own": "$oc/devices/dev-1/sys/events/up",
    "a long one": "t/" * 1_000 + "t",
    "Chinese": "设备/状态",
}


@pytest.fixture
def settings() -> MqttSettings:
    return MqttSettings(command_poll_s=0.05, directory_poll_s=0.05, max_packet_bytes=20_000)


@pytest.mark.parametrize("version", [3, 4, 5])
@pytest.mark.parametrize("qos", [0, 1, 2])
@pytest.mark.parametrize("topic", FOREIGN.values(), ids=FOREIGN)
def test_a_foreign_message_does_not_stand_before_a_call(door: Door, version: int, qos: int, topic: str) -> None:
    with Raw(door.port, version) as client:
        client.login()
        front = spoken.publish(topic, b"online", version=version, qos=qos, packet_id=7)
        client.send(front + spoken.publish(UP, CALL, version=version, packet_id=8))
        if qos:
            no = b"\x87" if version == 5 else b""
            assert client.read() == bytes([0x30 + 0x10 * qos, 2 + len(no), 0, 7]) + no
        assert client.read() == bytes.fromhex("40020008")
    assert [r.observations[0].quantity for r in door.log.readings()] == ["sos"]
    [letter] = door.log.undecoded()
    assert (letter.route, letter.payload, letter.device_id) == (topic, b"online", "dev-1")
    assert "anhu/v1/{device_id}/up" in letter.reason
    until(lambda: door.notes.of("dev-1"))
    assert door.notes.of("dev-1") == [("foreign", 1, shown(topic))]


CALLS_AMISS = {
    "a birth topic": ("device/status", b'{"state":"SOS"}'),
    "another base topic": ("z2m-home/button", b'{"action":"emergency"}'),
    "a topic that is a call": ("home/li/sos", b"1"),
    "plain Chinese": ("设备/状态", "求助".encode()),
    "as another device": ("anhu/v1/dev-2/up", CALL),
    "a cloud's own": ("$oc/devices/dev-1/sys/events/up", b'{"services":[{"paras":{"fall_alarm":1}}]}'),
    "over the limit": (UP, CALL + b" " * 300_000),
}
NO_CALLS = {
    "discovery": ("homeassistant/binary_sensor/0x1/smoke/config", b'{"name":"smoke","device_class":"smoke"}'),
    "a bridge's notice": ("$SYS/broker/connection/sos/state", b"1"),
    "all is well": ("z2m-home/kitchen", b'{"smoke":false,"water_leak":false}'),
    "a birth message": ("device/status", b"online"),
    "a setting": ("device/config", b'{"sos_number":"120"}'),
}


def _told(door: Door) -> list[object]:
    seen = [one for reading in door.log.readings() for one in reading.observations]
    return [one.attributes["urgent"] for one in seen if isinstance(one, Event) and one.kind == "unknown_vendor_event"]


@pytest.mark.parametrize(("topic", "payload"), CALLS_AMISS.values(), ids=CALLS_AMISS)
def test_a_call_where_nobody_listens_is_an_unknown_alarm_once_a_minute(door: Door, topic: str, payload: bytes) -> None:
    with Raw(door.port) as client:
        client.login()
        for packet_id in (1, 2, 3):
            client.send(spoken.publish(topic, payload, packet_id=packet_id))
            assert client.read() == bytes([0x40, 2, 0, packet_id])
    assert _told(door) == [True]


@pytest.mark.parametrize(("topic", "payload"), NO_CALLS.values(), ids=NO_CALLS)
def test_what_only_names_an_alarm_where_nobody_listens_is_none(door: Door, topic: str, payload: bytes) -> None:
    with Raw(door.port) as client:
        client.login()
        client.send(spoken.publish(topic, payload, packet_id=1))
        assert client.read() == bytes([0x40, 2, 0, 1])
    assert _told(door) == []
    assert len(door.log.undecoded()) == 1


@pytest.mark.parametrize("version", [4, 5])
@pytest.mark.parametrize("qos", [0, 1, 2])
def test_a_message_over_the_limit_does_not_stand_before_a_call(door: Door, version: int, qos: int) -> None:
    with Raw(door.port, version) as client:
        client.login()
        front = spoken.publish(UP, b"p" * 300_000, version=version, qos=qos, packet_id=7)
        client.send(front + spoken.publish(UP, CALL, version=version, packet_id=8))
        if qos:
            no = b"\x97" if version == 5 else b""
            assert client.read() == bytes([0x30 + 0x10 * qos, 2 + len(no), 0, 7]) + no
        assert client.read() == bytes.fromhex("40020008")
    assert [r.observations[0].quantity for r in door.log.readings()] == ["sos"]
    [letter] = door.log.undecoded()
    assert letter.payload == b"p" * 4_096
    assert "bytes, expected at most 20000" in letter.reason
    assert door.call(door.server.health)["too_long_publishes"] == 1
    until(lambda: door.notes.of("dev-1") == [("too_long", 1, UP)])


def test_answers_to_what_is_set_aside_keep_their_turn(door: Door) -> None:
    door.call(door.log.hold)
    with Raw(door.port) as client:
        client.login()
        client.send(
            spoken.publish(UP, CALL, packet_id=1)
            + spoken.publish("x/y", b"", packet_id=2)
            + spoken.publish(UP, b"p" * 30_000, packet_id=3)
            + spoken.publish(UP, CALL, packet_id=4)
        )
        assert client.quiet()
        door.call(door.log.let_go)
        assert [client.read()[3] for _ in range(4)] == [1, 2, 3, 4]


def test_a_flood_of_foreign_messages_is_counted_and_hardly_kept(door: Door) -> None:
    with Raw(door.port) as client:
        client.login()
        for at in range(0, 2_000, 200):
            client.send(b"".join(spoken.publish(f"x/{i}", b"", packet_id=i + 1) for i in range(at, at + 200)))
            assert [client.read()[0] for _ in range(200)] == [0x40] * 200
        client.send(spoken.publish(UP, CALL, packet_id=9_999))
        assert client.read()[0] == 0x40
    assert len(door.log.undecoded()) == 32
    until(lambda: sum(times for _, times, _ in door.notes.of("dev-1")) == 2_000)
    assert door.notes.of("dev-1")[-1][2] == "x/1999"


def test_a_will_to_a_foreign_topic_is_told_when_the_device_comes(door: Door) -> None:
    with Raw(door.port) as client:
        client.login(will=("$SYS/broker/connection/x/state", b"0"))
        until(lambda: door.notes.of("dev-1") == [("will", 1, "$SYS/broker/connection/x/state")])


@pytest.mark.parametrize("version", [3, 4, 5])
def test_a_subscription_to_foreign_topics_is_granted_and_nothing_comes(door: Door, version: int) -> None:
    with Raw(door.port, version) as home, Raw(door.port, version) as other:
        home.login(user="home-1")
        other.login(user="dev-2", client_id="other")
        for wanted in ("zigbee2mqtt/#", "homeassistant/status", "#", "anhu/v1/dev-2/up"):
            home.send(spoken.subscribe(wanted, version=version))
            assert home.read()[-1] == 1
        other.send(spoken.publish("anhu/v1/dev-2/up", CALL, version=version))
        assert other.read()[:2] == b"\x40\x02"
        home.send(spoken.PINGREQ)
        assert home.read() == b"\xd0\x00"
    until(lambda: ("subscription", 4, "anhu/v1/dev-2/up") in door.notes.of("home-1"))


def test_what_broke_the_protocol_is_said_with_the_end_of_the_connection(door: Door) -> None:
    with Raw(door.port, 5) as client:
        client.login()
        client.send(spoken.publish("a/+", b"", version=5))
        assert client.read()[:3:2] == b"\xe0\x90"
        assert client.read() == b""
    until(lambda: door.log.connections() == [("on", "connected"), ("off", "protocol_error")])
    until(lambda: [(k, n) for k, n, _ in door.notes.of("dev-1")] == [("protocol", 1)])
    assert "'a/+'" in door.notes.of("dev-1")[0][2]


def test_notes_that_cannot_be_written_wait(door: Door) -> None:
    door.notes.down = True
    with Raw(door.port) as client:
        client.login()
        client.send(spoken.publish("x/1", b"") + spoken.publish("x/2", b""))
        assert [client.read()[0], client.read()[0]] == [0x40, 0x40]
        until(lambda: door.call(door.server.health)["notes_unwritten"] > 0)
        door.notes.down = False
        until(lambda: door.notes.of("dev-1") == [("foreign", 2, "x/2")])


def test_words_of_a_device_are_shown_short_and_harmless() -> None:
    assert shown("a\x1b[31m\nb\u202e") == "a\\x1b[31m\\nb\\u202e"
    assert len(shown("\x00" * 5_000)) == 201


def test_one_message_a_minute_of_the_same_topic_is_kept() -> None:
    aside, who = SetAside(), device()
    kept = [aside.note(who, Aside.FOREIGN, "x", at_s * 1_000) for at_s in range(0, 121, 10)]
    assert [i * 10 for i, one in enumerate(kept) if one] == [0, 60, 120]
    assert aside.note(who, Aside.FOREIGN, "y", 2 * MINUTE_MS)
    [note] = aside.take(0)
    assert (note.times, note.last) == (14, "y")
    assert aside.take(0) == []


@pytest.mark.parametrize("qos", [0, 1])
def test_what_is_not_taken_is_no_word_of_the_device(door: Door, qos: int) -> None:
    """Only readings are signs of life for the alerts: a device of which nothing is understood grows silent."""
    with Raw(door.port) as client:
        client.login()
        client.send(spoken.publish("device/status", b"online", qos=qos) + spoken.publish(UP, b"x" * 30_000, qos=qos))
        client.send(spoken.PINGREQ)
        until(lambda: len(door.log.undecoded()) == 2)
    assert door.log.readings() == []


def test_what_many_long_topics_leave_behind_is_small() -> None:
    aside, who = SetAside(), device()
    for i in range(100):
        aside.note(who, Aside.FOREIGN, f"{i}" + "t" * 60_000, i)
    kept = [*aside._uses["dev-1"].routes, *(note.last for note in aside.take(0))]
    assert len(repr(kept)) < 2_000


def test_what_anybody_can_cause_is_written_once_a_minute_and_none_of_it_is_lost() -> None:
    aside = SetAside()
    for n in range(20):
        aside.note_seldom(device(), Aside.LOGIN_REFUSED, "203.0.113.7", n)
    aside.note_seldom(device("dev-2"), Aside.LOGIN_REFUSED, "203.0.113.7", 20)
    first = aside.take(20)
    assert [(one.device_id, one.times) for one in first] == [("dev-1", 20), ("dev-2", 1)]
    for n in range(500):
        aside.note_seldom(device(), Aside.LOGIN_REFUSED, "203.0.113.8", 21 + n)
        assert aside.take(21 + n) == []
    aside.give_back(first[:1])
    [again] = aside.take(1_000)
    assert (again.device_id, again.times) == ("dev-1", 20), "what could not be written is not put off"
    [rest] = aside.take(20 + MINUTE_MS)
    assert (rest.kind, rest.times, rest.last) == ("login_refused", 500, "203.0.113.8")
    assert aside.take(20 + 2 * MINUTE_MS) == []
