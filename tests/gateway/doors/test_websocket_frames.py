"""Frames of a client, cut anywhere, and what no client may send."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.doors.websocket_frames import FrameReader, WebSocketError, frame, goodbye, pong
from tests.gateway.doors.websocket_client import masked


def test_the_standards_own_examples() -> None:
    assert FrameReader().receive(bytes.fromhex("828537fa213d7f9f4d5158")).data == b"Hello"
    ping = FrameReader().receive(bytes.fromhex("898537fa213d7f9f4d5158"))
    assert ping.ping == b"Hello"
    assert pong(b"Hello") == bytes.fromhex("8a0548656c6c6f")
    assert frame(b"Hello") == bytes.fromhex("820548656c6c6f")
    assert frame(bytes(256))[:4] == bytes.fromhex("827e0100")
    assert frame(bytes(65_536))[:10] == bytes.fromhex("827f0000000000010000")
    assert goodbye(1000) == bytes.fromhex("880203e8")


@given(
    pieces=st.lists(st.binary(max_size=300), min_size=1, max_size=6),
    cuts=st.lists(st.integers(0, 2_000), max_size=8),
    mask=st.binary(min_size=4, max_size=4),
)
def test_a_stream_is_the_same_however_it_is_framed_and_cut(pieces: list[bytes], cuts: list[int], mask: bytes) -> None:
    last = len(pieces) - 1
    sent = b"".join(masked(p, 2 if i == 0 else 0, is_last=i == last, mask=mask) for i, p in enumerate(pieces))
    reader, came, at = FrameReader(), b"", 0
    for cut in [*sorted(c % (len(sent) + 1) for c in cuts), len(sent)]:
        came += reader.receive(sent[at:cut]).data
        at = cut
    assert came == b"".join(pieces)


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536, 200_000])
def test_every_length_has_its_form(size: int) -> None:
    assert FrameReader().receive(masked(b"x" * size)).data == b"x" * size


def test_a_ping_between_two_fragments_is_answered_and_the_stream_goes_on() -> None:
    sent = masked(b"ab", is_last=False) + masked(b"1", 9) + masked(b"2", 9) + masked(b"cd", 0)
    received = FrameReader().receive(sent)
    assert (received.data, received.ping, received.goodbye) == (b"abcd", b"2", False)


def test_what_comes_behind_a_goodbye_is_not_read() -> None:
    received = FrameReader().receive(masked(b"ab") + masked(b"\x03\xe8", 8) + b"\xff\xff")
    assert (received.data, received.goodbye) == (b"ab", True)


def test_a_frame_of_a_terabyte_takes_no_room_before_it_comes() -> None:
    reader = FrameReader()
    head = bytes((0x82, 0xFF)) + (1 << 40).to_bytes(8, "big") + bytes(4)
    assert reader.receive(head + b"abc").data == b"abc"
    assert reader.receive(b"def").data == b"def"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(b"not masked"), 1002),
        (masked(b"text", 1), 1003),
        (masked(b"continued from nothing", 0), 1002),
        (masked(b"a", is_last=False) + masked(b"a new one"), 1002),
        (masked(b"x" * 126, 9), 1002),
        (masked(b"", 9, is_last=False), 1002),
        (masked(b"", 3), 1002),
        (masked(b"", 11), 1002),
        (b"\xc2" + masked(b"compressed")[1:], 1002),
        (b"\x82\xff" + b"\xff" * 8 + bytes(4), 1002),
        (masked(b"", is_last=False) + masked(b"", 0, is_last=False) * 64, 1008),
        (masked(b"") * 65, 1008),
    ],
)
def test_what_no_client_may_send(sent: bytes, code: int) -> None:
    with pytest.raises(WebSocketError) as raised:
        FrameReader().receive(sent)
    assert raised.value.code == code
