"""What breaks the protocol and what only is not taken, packet by packet, and MQTT 3.1."""

from __future__ import annotations

import pytest

from gateway.mqtt.packets import Publish, Released, Repeated, Subscribe, TooLong
from gateway.mqtt.reason import Reason
from tests.gateway.mqtt import spoken
from tests.gateway.mqtt.test_protocol_core import core, failed, opened

LONG = b"x" * 5_000


@pytest.mark.parametrize("version", [4, 5])
@pytest.mark.parametrize("qos", [0, 1, 2])
@pytest.mark.parametrize("step", [1, 7, 1_000, 100_000])
def test_a_message_that_is_too_long_is_read_past(version: int, qos: int, step: int) -> None:
    made = opened(version, max_packet_bytes=1_000)
    call = spoken.publish("a", b"sos", version=version, packet_id=2)
    data = spoken.publish("big/one", LONG, version=version, qos=qos) + call + spoken.PINGREQ
    events = [e for at in range(0, len(data), step) for e in made.receive(data[at : at + step])]
    assert len(events) == 2
    long, after = events
    assert isinstance(long, TooLong)
    assert (long.publish.topic, long.publish.qos, long.packet_bytes) == ("big/one", qos, len(data) - len(call) - 2)
    assert long.publish.payload == LONG
    assert after == Publish("a", b"sos", 1, 2)
    assert made.out.take() == b"\xd0\x00"


def test_of_a_huge_message_only_the_beginning_is_held() -> None:
    made = opened(max_packet_bytes=1_000)
    [long] = made.receive(spoken.publish("a", b"y" * 3_000_000) + spoken.publish("a", b"z", packet_id=2))[:1]
    assert isinstance(long, TooLong)
    assert len(long.publish.payload) < 70_000
    assert long.packet_bytes > 3_000_000


def test_a_long_message_of_qos_2_is_repeated_like_any_other() -> None:
    made = opened(max_packet_bytes=1_000)
    assert isinstance(made.receive(spoken.publish("a", LONG, qos=2, packet_id=7))[0], TooLong)
    assert made.receive(spoken.publish("a", LONG, qos=2, packet_id=7, dup=True)) == [Repeated(7)]
    made.inbound.acknowledge(2, 7)
    assert made.receive(spoken.pubrel(7)) == [Released(7)]
    assert made.out.take() == bytes.fromhex("5002000770020007")


def test_a_long_packet_that_is_no_message_ends_the_connection() -> None:
    assert failed(opened(max_packet_bytes=100), spoken.subscribe("a" * 200)) is Reason.PACKET_TOO_LARGE


def test_a_topic_longer_than_ours_is_nobodys_but_no_fault() -> None:
    [event] = opened().receive(spoken.publish("t" * 2_000, b""))
    assert isinstance(event, Publish)


def _connect_31(client_id: str = "c1", flags: int = 0xC2) -> bytes:
    login = spoken.text("dev-1") + spoken.text(b"secret") if flags & 0x80 else b""
    return spoken.packet(0x10, spoken.text("MQIsdp") + bytes((3, flags, 0, 60)) + spoken.text(client_id) + login)


def test_mqtt_31_is_spoken() -> None:
    made = core()
    made.receive(_connect_31("a client id of more than 23 letters"))
    made.accept(session_present=True, session_expiry_s=0, incoming={})
    assert made.out.take() == bytes.fromhex("20020000")
    assert made.receive(spoken.publish("a", b"x")) == [Publish("a", b"x", 1, 1)]
    again = bytes([0x8A]) + spoken.subscribe("a/b")[1:]
    assert made.receive(again) == [Subscribe(9, (("a/b", 1),))]
    assert made.receive(bytes.fromhex("aa070009") + spoken.text("a/b")[:5])
    made.receive(spoken.publish("a", b"x", qos=2, packet_id=3))
    made.inbound.acknowledge(2, 3)
    assert made.receive(b"\x6a\x02\x00\x03") == [Released(3)]
    assert failed(made, b"\x8b\x02\x00\x0a") is Reason.MALFORMED_PACKET


def test_what_comes_again_is_marked_in_mqtt_31_only() -> None:
    assert failed(opened(), bytes([0x8A]) + spoken.subscribe("a/b")[1:]) is Reason.MALFORMED_PACKET


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (_connect_31(""), "20020002"),
        (spoken.packet(0x10, spoken.text("MQIsdp") + b"\x04\x02\x00\x3c" + spoken.text("c")), "20020001"),
        (spoken.packet(0x10, spoken.text("MQIsdp") + b"\x83\x02\x00\x3c" + spoken.text("c")), "20020001"),
        (spoken.connect(5, properties=b"\x16" + spoken.text("data")), "2003008200"),
        (spoken.connect(5, will=("w", b""), will_properties=b"\x08" + spoken.text("a/#")), "2003009000"),
    ],
    ids=[
        "no client id",
        "wrong level",
        "a bridge's own level",
        "data without a method",
        "will with a bad answer topic",
    ],
)
def test_a_login_that_cannot_be_is_refused(data: bytes, answer: str) -> None:
    made = core()
    failed(made, data)
    assert made.out.take() == bytes.fromhex(answer)


@pytest.mark.parametrize("version", [4, 5])
@pytest.mark.parametrize("wanted", ["", "a/#/b", "a#", "a/b+", "+a/b", "#/"])
def test_what_is_no_filter_ends_the_connection(version: int, wanted: str) -> None:
    assert failed(opened(version), spoken.subscribe(wanted, version=version)) is Reason.TOPIC_FILTER_INVALID
    properties = b"\0" if version == 5 else b""
    unsubscribe = spoken.packet(0xA2, b"\x00\x05" + properties + spoken.text(wanted))
    assert failed(opened(version), unsubscribe) is Reason.TOPIC_FILTER_INVALID


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (spoken.publish("a", b"", version=5, properties=b"\x08" + spoken.text("a/#")), 0x90),
        (spoken.publish("a", b"", version=5, properties=b"\x08\x00\x00"), 0x90),
        (b"\xe0\x03\x00\x01\x01", 0x81),
        (b"\x40\x04\x00\x01\xff\x00", 0x81),
        (b"\x62\x04\x00\x01\xff\x00", 0x81),
        (b"\x62\x04\x00\x01\x10\x00", 0x81),
        (b"\x82\x10\x04\xd2\x00\x00\x0a$share/g/a\x04", 0x82),
        (b"\x82\x0f\x04\xd2\x00\x00\x09$share//a\x01", 0x8F),
        (b"\x82\x0f\x04\xd2\x00\x00\x09$share/g/\x01", 0x8F),
        (b"\x82\x10\x04\xd2\x00\x00\x0a$share/+/a\x01", 0x8F),
    ],
    ids=range(10),
)
def test_a_fault_of_version_5_ends_the_connection(data: bytes, reason: int) -> None:
    assert failed(opened(5), data) == reason


@pytest.mark.parametrize("first", [0x00, 0xF0, 0x20, 0xD0, 0x90, 0x81], ids=hex)
def test_what_is_no_packet_is_refused_at_its_first_byte(first: int) -> None:
    failed(opened(), bytes([first]))
    failed(core(), bytes([first]))


def test_answers_keep_to_the_clients_maximum_packet_size() -> None:
    made = core()
    made.receive(spoken.connect(5, properties=b"\x27\x00\x00\x00\x05"))
    made.accept(session_present=False, session_expiry_s=0, incoming={})
    assert made.out.take() == bytes.fromhex("2003000000")
    made.receive(spoken.subscribe("a", version=5))
    with pytest.raises(Exception, match="takes 5"):
        made.out.grant(9, [0])


def test_a_client_that_cannot_take_the_answer_is_turned_away() -> None:
    made = core()
    made.receive(spoken.connect(5, client_id="", properties=b"\x27\x00\x00\x00\x05"))
    made.accept(session_present=False, session_expiry_s=0, incoming={}, assigned_client_id="c-12345")
    assert made.out.take() == bytes.fromhex("2003009500")


def test_a_repeated_message_is_answered_behind_those_that_came_before() -> None:
    made = opened(incoming={1: True})
    made.receive(spoken.publish("a", b"", qos=2, packet_id=2))
    assert made.receive(spoken.publish("a", b"", qos=2, packet_id=1, dup=True)) == [Repeated(1)]
    assert made.out.take() == b""
