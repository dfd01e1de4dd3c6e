"""The cases of the Autobahn test suite that a server of binary messages can meet, by its numbers, and a fuzzer.

The suite itself needs Python 2 and a server that echoes; these are its inputs. Text messages (6.*) are refused here
altogether, since MQTT has none; compression (12.*, 13.*) is never agreed on.
"""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.doors.websocket_frames import FrameReader, Received, WebSocketError
from tests.gateway.doors.websocket_client import masked

BINARY, CONTINUED, CLOSE, PING, PONG = 2, 0, 8, 9, 10


def noise(size: int) -> bytes:
    """Return bytes that repeat only after 251 of them."""
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def heard(sent: bytes, step: int = 0) -> Received:
    """Return all that a reader makes of bytes that come at once, or in steps."""
    reader, data, ping = FrameReader(), b"", None
    for at in range(0, len(sent), step or len(sent)):
        some = reader.receive(sent[at : at + (step or len(sent))])
        data, ping = data + some.data, ping if some.ping is None else some.ping
        if some.goodbye:
            return Received(data, ping, goodbye=True)
    return Received(data, ping, goodbye=False)


def refused(sent: bytes, step: int = 0) -> int:
    with pytest.raises(WebSocketError) as raised:
        heard(sent, step)
    return raised.value.code


@pytest.mark.parametrize("step", [0, 1, 2, 7])
@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 128, 65_535, 65_536])
def test_1_2_messages_of_every_size_whole_and_chopped(size: int, step: int) -> None:
    payload = noise(size)
    if step and size > 1_000:
        step *= 997
    assert heard(masked(payload), step).data == payload


def test_1_2_a_length_may_be_written_longer_than_it_need_be() -> None:
    assert heard(b"\x82\xfe\x00\x02" + bytes(4) + b"ab").data == b"ab"
    assert heard(b"\x82\xff" + (2).to_bytes(8, "big") + bytes(4) + b"ab").data == b"ab"


@pytest.mark.parametrize("size", [0, 1, 125])
@pytest.mark.parametrize("step", [0, 1])
def test_2_1_to_2_6_a_ping_is_answered_with_what_it_carried(size: int, step: int) -> None:
    assert heard(masked(b"\xff" * size, PING), step).ping == b"\xff" * size


def test_2_5_a_ping_of_126_bytes_is_none() -> None:
    assert refused(masked(bytes(126), PING)) == 1002


@pytest.mark.parametrize("step", [0, 1])
def test_2_7_to_2_9_pongs_that_nobody_asked_for_are_passed_over(step: int) -> None:
    sent = masked(b"", PONG) + masked(b"unasked", PONG) + masked(b"mine", PING) + masked(b"data")
    assert heard(sent, step) == Received(b"data", b"mine", goodbye=False)


def test_2_10_and_2_11_of_ten_pings_in_one_piece_the_last_is_answered_and_chopped_each() -> None:
    sent = b"".join(masked(b"%d" % n, PING) for n in range(10))
    assert heard(sent).ping == b"9"
    reader = FrameReader()
    pings = [some.ping for at in range(len(sent)) if (some := reader.receive(sent[at : at + 1])).ping is not None]
    assert pings == [b"%d" % n for n in range(10)]


@pytest.mark.parametrize("bits", [0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70])
@pytest.mark.parametrize("opcode", [BINARY, PING, CLOSE])
def test_3_reserved_bits_end_the_connection_and_what_came_before_counts(bits: int, opcode: int) -> None:
    broken = bytearray(masked(b"ab" if opcode != CLOSE else b"", opcode))
    broken[0] |= bits
    for step in (0, 1):
        assert refused(bytes(broken), step) == 1002
    with pytest.raises(WebSocketError) as raised:
        heard(masked(b"a call for help") + bytes(broken) + masked(b"more"))
    assert raised.value.before == b"a call for help"


@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
@pytest.mark.parametrize("size", [0, 5])
def test_4_reserved_opcodes(opcode: int, size: int) -> None:
    for step in (0, 1):
        assert refused(masked(bytes(size), opcode), step) == 1002
        assert refused(masked(b"before") + masked(bytes(size), opcode) + masked(b"", PING), step) == 1002


@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE])
def test_5_1_5_2_control_frames_in_fragments(opcode: int) -> None:
    assert refused(masked(b"", opcode, is_last=False) + masked(b"", CONTINUED)) == 1002


@pytest.mark.parametrize("step", [0, 1])
def test_5_3_to_5_8_fragments_with_pings_between(step: int) -> None:
    parts = [masked(b"frag1", is_last=False), masked(b"ping", PING), masked(b"frag2", CONTINUED)]
    assert heard(b"".join(parts), step) == Received(b"frag1frag2", b"ping", goodbye=False)


@pytest.mark.parametrize(
    "sent",
    [
        masked(b"out", CONTINUED) + masked(b"hello"),
        masked(b"out", CONTINUED, is_last=False) + masked(b"hello"),
        masked(b"one", is_last=False) + masked(b"two", is_last=True),
        masked(b"one", is_last=False) + masked(b"two", CONTINUED) + masked(b"three", CONTINUED),
    ],
)
def test_5_9_to_5_18_a_fragment_out_of_its_turn(sent: bytes) -> None:
    for step in (0, 1):
        assert refused(sent, step) == 1002


def test_5_19_5_20_many_fragments_with_pings_between_and_time() -> None:
    sent = masked(b"1", is_last=False) + masked(b"2", CONTINUED, is_last=False) + masked(b"pongme 1!", PING)
    sent += masked(b"3", CONTINUED, is_last=False) + masked(b"4", CONTINUED, is_last=False)
    sent += masked(b"pongme 2!", PING) + masked(b"5", CONTINUED)
    for step in (0, 1):
        assert heard(sent, step) == Received(b"12345", b"pongme 2!", goodbye=False)


@pytest.mark.parametrize(
    "text", [b"", "Hello-\u00b5@\u00df\u00f6\u00e4".encode(), b"\xce\xba\xe1\xbd\xb9\xcf\x83\xed\xa0\x80"]
)
def test_6_text_is_refused_whatever_is_in_it(text: bytes) -> None:
    assert refused(masked(text, 1)) == 1003
    assert refused(masked(text[:2], 1, is_last=False) + masked(text[2:], CONTINUED)) == 1003


def test_7_1_nothing_counts_after_a_goodbye() -> None:
    for later in (masked(b"late"), masked(b"late", PING), masked(b"", CLOSE), masked(b"late", 1), b"\xff" * 20):
        assert heard(masked(b"said") + masked(b"", CLOSE) + later) == Received(b"said", None, goodbye=True)
    cut = masked(b"frag", is_last=False) + masked(b"", CLOSE) + masked(b"ment", CONTINUED)
    assert heard(cut) == Received(b"frag", None, goodbye=True)


@pytest.mark.parametrize("body", [b"", b"\x03\xe8", b"\x03\xe8Hello World!", b"\x03\xe8" + b"*" * 123])
def test_7_3_goodbyes_of_every_size(body: bytes) -> None:
    for step in (0, 1):
        assert heard(masked(body, CLOSE), step).goodbye


@pytest.mark.parametrize(("body", "code"), [(b"a", 1002), (b"\x03\xe8" + b"*" * 124, 1002)])
def test_7_3_a_goodbye_of_one_byte_or_of_126(body: bytes, code: int) -> None:
    assert refused(masked(body, CLOSE)) == code


def test_7_5_a_reason_that_is_no_utf_8() -> None:
    assert refused(masked(b"\x03\xe8\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited", CLOSE)) == 1007


@pytest.mark.parametrize("code", [*range(1000, 1004), *range(1007, 1015), 3000, 3999, 4000, 4999])
def test_7_7_codes_that_may_be_said(code: int) -> None:
    assert heard(masked(code.to_bytes(2, "big"), CLOSE)).goodbye


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535])
def test_7_9_7_13_codes_that_may_not(code: int) -> None:
    for reason in (b"", b"why"):
        assert refused(masked(code.to_bytes(2, "big") + reason, CLOSE)) == 1002


@pytest.mark.parametrize("pieces", [1, 64, 1_024, 65_536])
def test_9_a_long_message_in_fragments_of_every_size(pieces: int) -> None:
    whole = noise(1 << 17)
    size = len(whole) // min(pieces, len(whole))
    parts = [whole[at : at + size] for at in range(0, len(whole), size)]
    last = len(parts) - 1
    sent = b"".join(masked(p, CONTINUED if i else BINARY, is_last=i == last) for i, p in enumerate(parts))
    assert heard(sent).data == whole
    assert heard(sent, 8_191).data == whole


def test_10_a_frame_that_comes_in_pieces_of_a_segment() -> None:
    whole = noise(65_536)
    assert heard(masked(whole), 1_300).data == whole


def test_an_empty_frame_between_two_packets_harms_nothing() -> None:
    assert heard(masked(b"\xc0") + masked(b"") + masked(b"\x00")).data == b"\xc0\x00"


_FRAME = st.builds(
    lambda payload, opcode, last, mask: masked(payload, opcode, is_last=last, mask=mask),
    st.binary(max_size=200),
    st.integers(0, 15),
    st.booleans(),
    st.binary(min_size=4, max_size=4),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(_FRAME, st.binary(max_size=40)), max_size=8), st.integers(1, 400), st.randoms())
def test_whatever_comes_is_read_or_refused_and_nothing_is_gathered(
    parts: list[bytes], step: int, rng: random.Random
) -> None:
    sent = bytearray(b"".join(parts))
    for _ in range(rng.randrange(3)):
        if sent:
            sent[rng.randrange(len(sent))] ^= 1 << rng.randrange(8)
    reader, came, codes = FrameReader(), 0, set[int]()
    for at in range(0, len(sent), step):
        try:
            some = reader.receive(bytes(sent[at : at + step]))
        except WebSocketError as error:
            codes.add(error.code)
            came += len(error.before)
            break
        came += len(some.data)
        assert len(reader._rest) < 14 + 126
        if some.goodbye:
            break
    assert came <= len(sent)
    assert codes <= {1002, 1003, 1007, 1008}
