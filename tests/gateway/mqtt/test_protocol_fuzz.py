"""Any bytes, cut anywhere: the core answers with events or one failure, and nothing else."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from gateway.mqtt.connection import Connection, Phase
from gateway.mqtt.handshake import Limits
from gateway.mqtt.packets import Event, Failed
from tests.gateway.mqtt import spoken

CONVERSATIONS = {
    4: [
        spoken.publish("a/b", b"zero", qos=0),
        spoken.publish("a/b", b"one", packet_id=1),
        spoken.publish("a/b", b"x" * 300, qos=2, packet_id=2),
        spoken.subscribe("a/c"),
        spoken.packet(0xA2, b"\x00\x05" + spoken.text("a/c")),
        spoken.puback(4),
        spoken.PINGREQ,
        spoken.DISCONNECT,
    ],
    5: [
        spoken.publish("a/b", b"zero", version=5, qos=0, properties=b"\x23\x00\x01"),
        spoken.publish("", b"alias", version=5, packet_id=1, properties=b"\x23\x00\x01"),
        spoken.publish("a", b"x" * 200, version=5, qos=2, packet_id=2, properties=b"\x01\x01\x02\x00\x00\x00\x09"),
        spoken.subscribe("a/c", version=5),
        spoken.packet(0xA2, b"\x00\x05\x00" + spoken.text("a/c")),
        b"\x40\x04\x00\x04\x10\x00",
        spoken.PINGREQ,
        b"\xe0\x07\x00\x05\x11\x00\x00\x00\x3c",
    ],
}
versions = st.sampled_from([4, 5])


def opened(version: int) -> Connection:
    made = Connection(Limits(max_packet_bytes=4_000, receive_maximum=10, topic_alias_maximum=4))
    made.receive(spoken.connect(version, properties=b"\x11\x00\x00\x00\x05"))
    made.accept(session_present=False, session_expiry_s=5, incoming={})
    made.out.take()
    return made


def heard(made: Connection, chunks: list[bytes]) -> tuple[list[Event], bytes]:
    events: list[Event] = []
    for chunk in chunks:
        events += made.receive(chunk)
    return events, made.out.take()


def cut(data: bytes, at: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(i % (len(data) + 1) for i in at)})
    return [data[a:b] for a, b in itertools.pairwise(places)]


@given(versions, st.permutations(range(7)), st.lists(st.integers(0, 2_000)))
def test_any_chunking_means_the_same(version: int, order: list[int], at: list[int]) -> None:
    conversation = CONVERSATIONS[version]
    data = b"".join(conversation[i] for i in order if not (version == 5 and i == 1)) + conversation[7]
    assert heard(opened(version), cut(data, at)) == heard(opened(version), [data])


@given(versions, st.binary(max_size=600), st.lists(st.integers(0, 600)))
def test_random_bytes_do_no_harm(version: int, data: bytes, at: list[int]) -> None:
    made = opened(version)
    events, _ = heard(made, cut(data, at))
    assert sum(isinstance(e, Failed) for e in events) <= 1
    assert (made.phase is Phase.CLOSED) or not any(isinstance(e, Failed) for e in events)


@given(st.binary(max_size=300))
def test_random_first_bytes_do_no_harm(data: bytes) -> None:
    made = Connection(Limits(max_packet_bytes=4_000, receive_maximum=10, topic_alias_maximum=4))
    made.receive(data)
    made.receive(b"\x10" + data)


@given(versions, st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=4), st.data())
def test_mutated_packets_do_no_harm(version: int, changes: list[tuple[int, int]], data: st.DataObject) -> None:
    mutated = bytearray(b"".join(CONVERSATIONS[version]))
    for place, value in changes:
        mutated[place % len(mutated)] = value
    at = data.draw(st.lists(st.integers(0, 2_000), max_size=3))
    whole = heard(opened(version), [bytes(mutated)])
    assert heard(opened(version), cut(bytes(mutated), at)) == whole


@given(versions, st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=3))
def test_mutated_logins_do_no_harm(version: int, changes: list[tuple[int, int]]) -> None:
    login = spoken.connect(version, will=("w/t", b"bye"), properties=b"\x11\x00\x00\x00\x05" if version == 5 else b"")
    mutated = bytearray(login)
    for place, value in changes:
        mutated[place % len(mutated)] = value
    made = Connection(Limits(max_packet_bytes=4_000, receive_maximum=10, topic_alias_maximum=4))
    made.receive(bytes(mutated))
    assert made.phase in (Phase.NEW, Phase.WAITING, Phase.CLOSED)
