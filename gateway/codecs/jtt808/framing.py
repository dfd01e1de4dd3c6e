"""JT/T 808 frames: 7e, escaping, check sum, the headers of 2011, 2013 and 2019, and messages in parts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import reduce
from operator import xor
from typing import NamedTuple

from anhu.contract.errors import DecodeError
from gateway.door_specs import Credentials, Disposition, Part

MARK = 0x7E
MAX_PACKET_BYTES = 4_096
"""A body of 1,023 bytes and its header, all of it escaped. [byte]"""
REGISTER, LOG_IN = 0x0100, 0x0102
_ANSWERS_OF_DEVICES = frozenset({0x0001, 0x0104, 0x0107, 0x0108})
"""What a device answers is not answered again."""
_GENERAL, _REGISTERED = 0x8001, 0x8100
_SPLIT, _VERSIONED, _ENCRYPTED, _LENGTH = 1 << 13, 1 << 14, 7 << 10, 0x3FF
_SHOWN_BYTES = 40
_SHORTEST = 13
_CODE = b"anhu"
_RESULT = {Disposition.ACCEPTED: 0, Disposition.RELEASED: 1, Disposition.REJECTED: 1}
_REGISTRATION = {Disposition.ACCEPTED: 0, Disposition.RELEASED: 1, Disposition.REJECTED: 4}


class Message(NamedTuple):
    """A frame, opened.

    Attributes
    ----------
    phone : bytes
        As it stands in the header, 6 or 10 bytes of decimal digits.
    number, total : int
        Which part it is; 1 of 1 where it stands by itself.
    """

    kind: int
    properties: int
    version: bytes
    phone: bytes
    serial: int
    number: int
    total: int
    body: bytes

    @property
    def form(self) -> bytes:
        """In which form the terminal wants its headers: the version where it has one, and the phone number."""
        return self.version + self.phone

    @property
    def device_id(self) -> str:
        """The phone number, without the zeros in front: the same in the headers of all years."""
        digits = self.phone.hex()
        if not digits.isdecimal() or not digits.strip("0"):
            raise DecodeError("phone", digits, "decimal digits, not all of them 0")
        return digits.lstrip("0")


def packet_bytes(buffer: bytes) -> int:
    """Return the length of the first frame, both marks included; 0 until the second has come."""
    if (buffer and buffer[0] != MARK) or buffer[1:2] == b"\x7e":
        raise DecodeError("packet", buffer[:_SHOWN_BYTES], "7e, a message, 7e")
    return buffer.find(MARK, 1) + 1


def opened(raw: bytes) -> Message:
    """Return what a frame holds.

    Raises
    ------
    DecodeError
        Where its escaping, check sum, length or header is wrong.
    """
    if len(raw) < _SHORTEST or raw[:1] != b"\x7e" or raw[-1:] != b"\x7e" or MARK in raw[1:-1]:
        raise DecodeError("packet", raw[:_SHOWN_BYTES], "7e, a message, 7e")
    plain = _unescaped(raw[1:-1])
    if (found := reduce(xor, plain)) != 0:
        raise DecodeError("check sum", found, "0 over the message and its last byte")
    properties = int.from_bytes(plain[2:4], "big")
    at = 5 if properties & _VERSIONED else 4
    phone_end = at + (10 if properties & _VERSIONED else 6)
    split = bool(properties & _SPLIT)
    body_at = phone_end + (6 if split else 2)
    body = plain[body_at:-1]
    if len(plain) <= body_at or len(body) & _LENGTH != properties & _LENGTH:
        raise DecodeError("length", len(body), f"{properties & _LENGTH} as the header says")
    parts = plain[phone_end + 2 : body_at] if split else b"\0\1\0\1"
    total, number = int.from_bytes(parts[:2], "big"), int.from_bytes(parts[2:], "big")
    if not 1 <= number <= total:
        raise DecodeError("part", f"{number} of {total}", "1 to the number of parts")
    serial = int.from_bytes(plain[phone_end : phone_end + 2], "big")
    kind = int.from_bytes(plain[:2], "big")
    return Message(kind, properties, plain[4:at], plain[at:phone_end], serial, number, total, body)


def readable(raw: bytes) -> Message:
    """Return what a frame holds whose body can be read. Raises `DecodeError` for an encrypted one too."""
    message = opened(raw)
    if message.properties & _ENCRYPTED:
        raise DecodeError("encryption", message.properties >> 10 & 7, "0: none")
    return message


def to_terminal(kind: int, form: bytes, serial: int, body: bytes) -> bytes:
    """Return a message to a terminal in its `Message.form`, under a serial number of ours.

    Raises
    ------
    DecodeError
        For a body that is longer than one frame holds.
    """
    if len(body) > _LENGTH:
        raise DecodeError("command", f"{len(body)} bytes", f"at most {_LENGTH} bytes")
    version = form[: len(form) % 2]
    properties = _VERSIONED if version else 0
    return made(kind, Message(0, properties, version, form[len(version) :], serial, 1, 1, b""), body)


def made(kind: int, like: Message, body: bytes, *, part: bytes = b"") -> bytes:
    """Return a frame in the header's form that the device uses, under the serial number of what it answers."""
    properties = like.properties & _VERSIONED | (_SPLIT if part else 0) | len(body) & _LENGTH
    head = kind.to_bytes(2, "big") + properties.to_bytes(2, "big") + like.version + like.phone
    plain = head + like.serial.to_bytes(2, "big") + part + body
    checked = plain + bytes([reduce(xor, plain)])
    return b"\x7e" + checked.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02") + b"\x7e"


def credentials(raw: bytes) -> Credentials:
    """Return the phone number that stands in every frame; the family has no secret."""
    return Credentials(device_id=opened(raw).device_id)


def reply(raw: bytes, disposition: Disposition) -> bytes:
    """Return 0x8001, or 0x8100 with a code to log in with to a registration; nothing to what cannot be read."""
    try:
        message = opened(raw)
    except DecodeError:
        return b""
    if message.kind in _ANSWERS_OF_DEVICES:
        return b""
    serial = message.serial.to_bytes(2, "big")
    if message.kind == REGISTER:
        result = _REGISTRATION[disposition]
        return made(_REGISTERED, message, serial + bytes([result]) + (b"" if result else _CODE))
    return made(_GENERAL, message, serial + message.kind.to_bytes(2, "big") + bytes([_RESULT[disposition]]))


def part(raw: bytes) -> Part | None:
    """Return which part of a message a frame is; the serial numbers of its parts follow one another."""
    message = opened(raw)
    if message.total == 1:
        return None
    first = (message.serial - message.number + 1) & 0xFFFF
    return Part(message.kind << 16 | first, message.number, message.total)


def joined(parts: Sequence[bytes]) -> bytes:
    """Return a message in one frame, as part 1 of 1, whose length may be more than a header can say."""
    messages = [opened(one) for one in parts]
    return made(messages[0].kind, messages[0], b"".join(one.body for one in messages), part=b"\0\1\0\1")


def _unescaped(raw: bytes) -> bytes:
    if b"\x7d" not in raw:
        return raw
    if re.search(rb"\x7d(?![\x01\x02])", raw):
        raise DecodeError("escape", raw[:_SHOWN_BYTES], "7d01 for 7d and 7d02 for 7e")
    return raw.replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")
