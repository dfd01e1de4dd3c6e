"""The protocol core, packet by packet, with the byte strings of the MQTT 3.1.1 and 5 standards."""

from __future__ import annotations

import pytest

from gateway.mqtt.connection import Connection, Phase
from gateway.mqtt.handshake import Limits
from gateway.mqtt.packets import Acknowledged, Connect, Disconnected, Failed, Publish, Repeated, Subscribe, Unsubscribe
from gateway.mqtt.reason import Reason
from tests.gateway.mqtt import spoken


def core(*, max_packet_bytes: int = 100_000, receive_maximum: int = 3) -> Connection:
    return Connection(Limits(max_packet_bytes=max_packet_bytes, receive_maximum=receive_maximum, topic_alias_maximum=2))


def opened(
    version: int = 4, *, incoming: dict[int, bool] | None = None, properties: bytes = b"", **more: int
) -> Connection:
    made = core(**more)
    made.receive(spoken.connect(version, properties=properties))
    made.accept(session_present=False, session_expiry_s=0, incoming={} if incoming is None else incoming)
    made.out.take()
    return made


def failed(made: Connection, data: bytes) -> Reason:
    event = made.receive(data)[-1]
    assert isinstance(event, Failed)
    assert made.phase is Phase.CLOSED
    return event.reason


def test_connect_of_the_standard_is_read() -> None:
    """MQTT 3.1.1 §3.1.2.12, figure 3.6: user name, password, no will retain, will QoS 1, will, clean session."""
    header = bytes.fromhex("00044d51545404ce000a")
    rest = spoken.text("c") + spoken.text("w/t") + spoken.text(b"bye") + spoken.text("u") + spoken.text(b"p")
    [event] = core().receive(spoken.packet(0x10, header + rest))
    assert isinstance(event, Connect)
    assert (event.version, event.client_id, event.clean_start, event.keep_alive_s) == (4, "c", True, 10)
    assert (event.user_name, event.password) == ("u", b"p")
    assert event.will is not None
    assert (event.will.topic, event.will.payload) == ("w/t", b"bye")


def test_publish_of_the_standard_is_read() -> None:
    """MQTT 3.1.1 §3.3.2.3, figure 3.11: topic a/b, packet identifier 10."""
    [event] = opened().receive(bytes.fromhex("32 07 0003612f62 000a".replace(" ", "")))
    assert event == Publish("a/b", b"", 1, 10)


def test_subscribe_of_the_standard_is_read_and_answered() -> None:
    """MQTT 3.1.1 §3.8.3.2, figure 3.23: a/b at QoS 1 and c/d at QoS 2, packet identifier 10."""
    made = opened()
    assert made.receive(bytes.fromhex("820e000a0003612f6201" + "0003632f6402")) == [
        Subscribe(10, (("a/b", 1), ("c/d", 2)))
    ]
    made.out.grant(10, [0, 2, 0x87])
    assert made.out.take() == bytes.fromhex("9005000a000280")


def test_unsubscribe_of_the_standard_is_read_and_answered() -> None:
    made = opened()
    assert made.receive(bytes.fromhex("a20c000a0003612f620003632f64")) == [Unsubscribe(10, ("a/b", "c/d"))]
    made.out.ungrant(10, [0, 0x11])
    assert made.out.take() == bytes.fromhex("b002000a")


def test_unsubscribe_in_version_5_has_reasons() -> None:
    made = opened(5)
    made.out.ungrant(10, [0, 0x11])
    assert made.out.take() == bytes.fromhex("b005000a000011")


def test_ping_is_answered_at_once() -> None:
    made = opened()
    assert made.receive(spoken.PINGREQ) == []
    assert made.out.take() == b"\xd0\x00"


def test_puback_goes_out_only_when_told() -> None:
    made = opened()
    [event] = made.receive(spoken.publish("a", b"x", packet_id=513))
    assert isinstance(event, Publish)
    assert made.out.take() == b""
    made.inbound.acknowledge(1, 513)
    assert made.out.take() == bytes.fromhex("40020201")


def test_qos_2_runs_its_four_steps_and_a_repetition_is_no_second_message() -> None:
    incoming: dict[int, bool] = {}
    made = opened(incoming=incoming)
    wanted = spoken.publish("a", b"x", qos=2, packet_id=7)
    assert len(made.receive(wanted)) == 1
    assert made.receive(spoken.publish("a", b"x", qos=2, packet_id=7, dup=True)) == [Repeated(7)]
    made.inbound.acknowledge(2, 7)
    assert made.out.take() == bytes.fromhex("50020007")
    assert incoming == {7: True}
    assert made.receive(wanted) == []
    assert made.out.take() == bytes.fromhex("50020007")
    made.receive(spoken.pubrel(7))
    assert made.out.take() == bytes.fromhex("70020007")
    assert incoming == {}
    assert len(made.receive(wanted)) == 1


def test_pubrel_of_an_unknown_identifier_is_answered() -> None:
    made = opened()
    made.receive(spoken.pubrel(7))
    assert made.out.take() == bytes.fromhex("70020007")
    newer = opened(5)
    newer.receive(spoken.pubrel(7))
    assert newer.out.take() == bytes.fromhex("7003000792")


def test_version_5_connack_says_what_the_server_takes() -> None:
    made = core()
    made.receive(spoken.connect(5))
    made.accept(
        session_present=True, session_expiry_s=60, incoming={}, assigned_client_id="c-1", server_keep_alive_s=600
    )
    out = made.out.take()
    assert out[0] == 0x20
    assert out[2:4] == b"\x01\x00"
    for part in ("210003", "27000186a0", "220002", "2900", "2a00", "110000003c", "120003632d31", "130258"):
        assert bytes.fromhex(part) in out


def test_receive_maximum_is_held_against_a_version_5_client() -> None:
    made = opened(5)
    three = b"".join(spoken.publish("a", b"", version=5, packet_id=i) for i in (1, 2, 3))
    assert len(made.receive(three)) == 3
    made.inbound.acknowledge(1, 1)
    assert len(made.receive(spoken.publish("a", b"", version=5, packet_id=4))) == 1
    made.out.take()
    assert failed(made, spoken.publish("a", b"", version=5, packet_id=5)) is Reason.RECEIVE_MAXIMUM_EXCEEDED
    assert made.out.take()[:3:2] == b"\xe0\x93"


def test_topic_alias_stands_for_its_topic() -> None:
    made = opened(5)
    made.receive(spoken.publish("a/b", b"1", version=5, qos=0, properties=b"\x23\x00\x01"))
    [event] = made.receive(spoken.publish("", b"2", version=5, qos=0, properties=b"\x23\x00\x01"))
    assert isinstance(event, Publish)
    assert (event.topic, event.payload) == ("a/b", b"2")


@pytest.mark.parametrize(("alias", "reason"), [(0, 0x94), (3, 0x94), (2, 0x82)])
def test_a_wrong_topic_alias_ends_the_connection(alias: int, reason: int) -> None:
    made = opened(5)
    assert failed(made, spoken.publish("", b"", version=5, qos=0, properties=b"\x23\x00" + bytes([alias]))) == reason


def test_user_properties_are_passed_over() -> None:
    pair = b"\x26" + spoken.text("k") + spoken.text("v")
    [event] = opened(5).receive(spoken.publish("a", b"x", version=5, properties=pair * 2))
    assert isinstance(event, Publish)
    assert event.payload == b"x"


def test_a_longer_packet_than_allowed_is_refused_by_its_header() -> None:
    made = opened(5, max_packet_bytes=100)
    assert failed(made, b"\x82\xff\x01") is Reason.PACKET_TOO_LARGE


def test_the_clients_maximum_packet_size_is_kept() -> None:
    made = opened(5, properties=b"\x27\x00\x00\x00\x14")
    assert not made.out.publish("topic", b"x" * 20, qos=1, packet_id=1)
    assert made.out.take() == b""
    assert made.out.publish("topic", b"x" * 5, qos=1, packet_id=1)
    made.close(Reason.QUOTA_EXCEEDED, "a reason too long for it")
    assert made.out.take().endswith(b"\xe0\x02\x97\x00")


def test_version_5_disconnect_tells_why() -> None:
    made = opened(5)
    made.close(Reason.NOT_AUTHORIZED, "no")
    assert made.out.take() == bytes.fromhex("e0078705" + "1f00026e6f")


def test_version_3_is_just_closed() -> None:
    made = opened(4)
    made.close(Reason.NOT_AUTHORIZED, "no")
    assert made.out.take() == b""
    assert made.phase is Phase.CLOSED


@pytest.mark.parametrize(
    ("version", "reason", "answer"),
    [
        (4, Reason.BAD_USER_NAME_OR_PASSWORD, "20020004"),
        (4, Reason.SERVER_UNAVAILABLE, "20020003"),
        (5, Reason.BAD_USER_NAME_OR_PASSWORD, "2003008600"),
    ],
)
def test_a_login_is_refused_in_the_words_of_its_version(version: int, reason: Reason, answer: str) -> None:
    made = core()
    made.receive(spoken.connect(version))
    made.refuse(reason)
    assert made.out.take() == bytes.fromhex(answer)


def test_what_comes_behind_connect_waits_for_the_login() -> None:
    made = core()
    assert len(made.receive(spoken.connect() + spoken.publish("a", b"x"))) == 1
    assert made.receive(spoken.PINGREQ) == []
    made.accept(session_present=False, session_expiry_s=0, incoming={})
    [event] = made.receive(b"")
    assert isinstance(event, Publish)
    assert made.out.take().endswith(b"\xd0\x00")


def test_good_bye_keeps_or_drops_the_will() -> None:
    assert opened().receive(spoken.DISCONNECT) == [Disconnected()]
    assert opened(5).receive(b"\xe0\x01\x04") == [Disconnected(with_will=True)]
    prolonged = b"\xe0\x07\x00\x05\x11\x00\x00\x00\x3c"
    assert opened(5, properties=b"\x11\x00\x00\x00\x01").receive(prolonged) == [Disconnected(session_expiry_s=60)]
    assert failed(opened(5), prolonged) is Reason.PROTOCOL_ERROR


def test_a_device_may_refuse_a_command() -> None:
    assert opened(5).receive(b"\x40\x03\x00\x01\x83") == [Acknowledged(1, 0x83)]


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (spoken.packet(0x10, spoken.text("MQTT") + b"\x03\x02\x00\x3c" + spoken.text("c")), "20020001"),
        (spoken.packet(0x10, spoken.text("MQTT") + b"\x06\x02\x00\x3c" + spoken.text("c")), "20020001"),
        (spoken.connect(4, client_id="", clean=False), "20020002"),
        (spoken.connect(4, client_id="x" * 300), "20020002"),
        (spoken.connect(5, properties=b"\x15" + spoken.text("SCRAM")), "2003008c00"),
        (spoken.connect(5, properties=b"\x21\x00\x00"), "2003008200"),
        (spoken.connect(5, properties=b"\x11\x00\x00\x00\x01" * 2), "2003008200"),
        (spoken.connect(5, properties=b"\x7f\x00"), "2003008100"),
        (spoken.connect(5, properties=b"\x23\x00\x01"), "2003008100"),
        (spoken.PINGREQ, ""),
        (spoken.publish("a", b""), ""),
        (b"\x00\x00", ""),
    ],
    ids=range(12),
)
def test_a_bad_first_packet_is_refused(data: bytes, answer: str) -> None:
    made = core()
    failed(made, data)
    assert made.out.take() == bytes.fromhex(answer)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x36\x05\x00\x01a\x00\x01", 0x81),
        (b"\x38\x03\x00\x01a", 0x81),
        (b"\x32\x05\x00\x01a\x00\x00", 0x82),
        (b"\x32\x04\x00\x01a\x00", 0x81),
        (b"\x30\x01\x00", 0x81),
        (b"\x30\x04\x00\x09ab", 0x81),
        (spoken.publish("a/+", b"", qos=0), 0x90),
        (spoken.publish("", b"", qos=0), 0x90),
        (spoken.publish("a\0b", b"", qos=0), 0x81),
        (b"\x30\x04\x00\x02\xff\xfe", 0x81),
        (b"\x30\x05\x00\x03\xed\xa0\x80", 0x81),
        (b"\x80\x08\x00\x0a\x00\x03a/b\x01", 0x81),
        (b"\x82\x02\x00\x0a", 0x82),
        (b"\x82\x08\x00\x0a\x00\x03a/b\x03", 0x81),
        (b"\x82\x08\x00\x0a\x00\x03a/b\x81", 0x81),
        (b"\xa2\x02\x00\x0a", 0x82),
        (b"\x60\x02\x00\x01", 0x81),
        (b"\x40\x03\x00\x01\x00", 0x81),
        (b"\xc1\x00", 0x81),
        (b"\xc0\x01\x00", 0x81),
        (b"\xe0\x01\x00", 0x81),
        (b"\xf0\x00", 0x82),
        (b"\x20\x02\x00\x00", 0x82),
        (b"\x50\x02\x00\x01", 0x82),
        (b"\x30\xff\xff\xff\xff\x01", 0x81),
        (spoken.connect(), 0x82),
    ],
    ids=range(26),
)
def test_a_malformed_packet_ends_the_connection(data: bytes, reason: int) -> None:
    assert failed(opened(), data) == reason


def test_pubrel_before_pubrec_breaks_the_protocol() -> None:
    made = opened()
    made.receive(spoken.publish("a", b"", qos=2, packet_id=7))
    assert failed(made, spoken.pubrel(7)) is Reason.PROTOCOL_ERROR
