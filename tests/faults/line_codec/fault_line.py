"""Format v1 in packets over TCP, so that every property of the campaigns can be said through the TCP door too."""

from __future__ import annotations

import struct

from anhu.contract import wire
from anhu.contract.errors import DecodeError
from anhu.contract.observation import Decoded, Event, Observation, Scalar
from gateway.codec import Codec, Example, Frame
from gateway.door_specs import Credentials, Disposition, DoorKind, TcpSpec

MAGIC, ANSWER = b"\x77F", b"\x77R"
LOGIN, MESSAGE = 1, 2
HEAD = struct.Struct(">2sBII")
ANSWER_HEAD = struct.Struct(">2sBIB")
MOST_BYTES = 1_114_112
SAYS = {Disposition.ACCEPTED: 0, Disposition.RELEASED: 1, Disposition.REJECTED: 2}


def packet(kind: int, number: int, body: bytes) -> bytes:
    """Return a packet as a device writes it."""
    return HEAD.pack(MAGIC, kind, number, len(body)) + body


def said_in(payload: bytes) -> bytes:
    """Return what a device said in a packet; anything else as it is."""
    return payload[HEAD.size :] if payload.startswith(MAGIC) else payload


def _packet_bytes(buffer: bytes) -> int:
    if not MAGIC.startswith(buffer[:2]):
        raise DecodeError("packet", buffer[:2], repr(MAGIC))
    return HEAD.size + int(HEAD.unpack_from(buffer)[3]) if len(buffer) >= HEAD.size else 0


def _credentials(raw: bytes) -> Credentials | None:
    if raw[2] != LOGIN:
        return None
    who, _, secret = raw[HEAD.size :].partition(b"\0")
    return Credentials(device_id=who.decode(errors="replace"), secret=secret)


def _reply(raw: bytes, disposition: Disposition) -> bytes:
    _, kind, number, _ = HEAD.unpack_from(raw)
    return ANSWER_HEAD.pack(ANSWER, kind, number, SAYS[disposition])


def _decode(frame: Frame) -> Decoded:
    if len(frame.payload) < HEAD.size or frame.payload[2] not in (LOGIN, MESSAGE):
        raise DecodeError("packet", frame.payload[:40], "a log-in or a message")
    if frame.payload[2] == LOGIN:
        return ()
    return wire.decode_together(said_in(frame.payload), frame.received_at_ms)


def _example(name: str, raw: bytes, *made: Observation) -> Example:
    return Example(name=name, door=DoorKind.TCP, route="192.0.2.7:40312", payload=raw, observations=made)


_AT_MS = 1_795_300_000_000
CODEC = Codec(
    name="fault_line",
    title="format v1 over TCP",
    data_sheet="made up",
    decode=_decode,
    tcp=TcpSpec(
        begins=(MAGIC,),
        max_packet_bytes=MOST_BYTES,
        packet_bytes=_packet_bytes,
        credentials=_credentials,
        reply=_reply,
    ),
    examples=(
        _example("log-in", packet(LOGIN, 0, b"dev-1\0secret")),
        _example(
            "a heart rate",
            packet(MESSAGE, 1, b'{"v":1,"time":1795300000000,"values":{"heart_rate":72}}'),
            Scalar("heart_rate", 72.0, _AT_MS),
        ),
        _example(
            "SOS",
            packet(MESSAGE, 2, b'{"v":1,"time":1795300000000,"events":[{"kind":"sos"}]}'),
            Event("sos", _AT_MS, "on", {}),
        ),
        Example(name="a kind nobody knows", door=DoorKind.TCP, payload=packet(9, 1, b""), error="packet: got"),
        Example(name="cut off", door=DoorKind.TCP, payload=MAGIC, error="packet: got"),
    ),
)
