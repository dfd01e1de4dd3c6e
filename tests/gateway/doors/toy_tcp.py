"""A made-up family with a protocol of its own over TCP: magic, kind, serial number, length, body."""

from __future__ import annotations

import struct
from collections.abc import Callable

from anhu.contract.errors import DecodeError
from anhu.contract.observation import Event, Observation, Quality, Scalar, TimeQuality
from anhu.contract.payload import flagged
from gateway.codec import Codec, Example, Frame
from gateway.door_specs import Credentials, Disposition, DoorKind, TcpSpec

MAGIC, ANSWER = b"\x77W", b"\x77A"
LOGIN, ALIVE, HEART, SOS = 1, 2, 3, 4
SECRET = "0123456789abcdef0123456789abcdef"
_AT_MS = 1_795_300_000_000
_HEAD = struct.Struct(">2sBHH")
_SAYS = {Disposition.ACCEPTED: 0, Disposition.RELEASED: 1, Disposition.REJECTED: 2}


def packet(kind: int, body: bytes = b"", serial: int = 1) -> bytes:
    return _HEAD.pack(MAGIC, kind, serial, len(body)) + body


def login(device_id: str = "dev-1", secret: str = SECRET, serial: int = 1) -> bytes:
    return packet(LOGIN, bytes([len(device_id)]) + device_id.encode() + secret.encode(), serial)


def answer(kind: int, serial: int, disposition: Disposition) -> bytes:
    return ANSWER + struct.pack(">BHB", kind, serial, _SAYS[disposition])


def _packet_bytes(buffer: bytes) -> int:
    if not MAGIC.startswith(buffer[:2]):
        raise DecodeError("packet", buffer[:2], repr(MAGIC))
    if len(buffer) < _HEAD.size:
        return 0
    return _HEAD.size + int(_HEAD.unpack_from(buffer)[3])


def _opened(raw: bytes) -> tuple[int, int, bytes]:
    if len(raw) < _HEAD.size or not raw.startswith(MAGIC):
        raise DecodeError("packet", raw[:40], "a whole packet")
    _, kind, serial, length = _HEAD.unpack_from(raw)
    if len(raw) != _HEAD.size + length:
        raise DecodeError("length", length, f"{len(raw) - _HEAD.size}")
    return kind, serial, raw[_HEAD.size :]


def _credentials(raw: bytes) -> Credentials | None:
    kind, _, body = _opened(raw)
    if kind != LOGIN:
        return None
    if not body or len(body) < 1 + body[0]:
        raise DecodeError("login", body[:40], "the length of the identity, the identity, the secret")
    try:
        return Credentials(device_id=body[1 : 1 + body[0]].decode(), secret=body[1 + body[0] :])
    except UnicodeDecodeError:
        raise DecodeError("login", body[:40], "an identity in UTF-8") from None


def _reply(raw: bytes, disposition: Disposition) -> bytes:
    kind, serial, _ = _opened(raw)
    return answer(kind, serial, disposition)


def _nothing(_body: bytes, _at_ms: int) -> tuple[Observation, ...]:
    return ()


def _heart(body: bytes, at_ms: int) -> tuple[Observation, ...]:
    if len(body) != 1:
        raise DecodeError("heart rate", body, "one byte")
    return (Scalar("heart_rate", float(body[0]), at_ms, TimeQuality.RECEIVED),)


def _sos(_body: bytes, at_ms: int) -> tuple[Observation, ...]:
    return (Event("sos", at_ms, "on", {}, TimeQuality.RECEIVED),)


_KINDS: dict[int, Callable[[bytes, int], tuple[Observation, ...]]] = {
    LOGIN: _nothing,
    ALIVE: _nothing,
    HEART: _heart,
    SOS: _sos,
}


def decode(frame: Frame) -> tuple[Observation, ...]:
    kind, _, body = _opened(frame.payload)
    read = _KINDS.get(kind)
    if read is None:
        raise DecodeError("kind", kind, "1 to 4")
    made = read(body, frame.received_at_ms)
    return flagged(made, Quality.RETAINED) if frame.retained else made


def _example(name: str, raw: bytes, *made: Observation) -> Example:
    return Example(name=name, door=DoorKind.TCP, route="192.0.2.7:40312", payload=raw, observations=made)


CODEC = Codec(
    name="toy_tcp",
    title="a watch with a protocol of its own",
    data_sheet="made up",
    decode=decode,
    tcp=TcpSpec(
        begins=(MAGIC,),
        max_packet_bytes=1_024,
        packet_bytes=_packet_bytes,
        credentials=_credentials,
        reply=_reply,
    ),
    examples=(
        _example("log-in", login()),
        _example("keep-alive", packet(ALIVE)),
        _example("a heart rate", packet(HEART, b"\x48"), Scalar("heart_rate", 72.0, _AT_MS, TimeQuality.RECEIVED)),
        _example("SOS", packet(SOS), Event("sos", _AT_MS, "on", {}, TimeQuality.RECEIVED)),
        Example(name="a kind nobody knows", door=DoorKind.TCP, payload=packet(9), error="kind: got 9"),
        Example(name="cut off", door=DoorKind.TCP, payload=MAGIC, error="packet: got"),
    ),
)
