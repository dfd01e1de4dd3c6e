"""The frames of the family: ``[3G*ID*LEN*CONTENT]``, and with an index ``[ZJ*ID*INDEX*LEN*CONTENT]``."""

from __future__ import annotations

import re
from typing import NamedTuple

from anhu.contract.errors import DecodeError
from gateway.door_specs import Credentials, Disposition

BEGINS = (b"[3G*", b"[SG*", b"[CS*", b"[ZJ*")
MAX_PACKET_BYTES = 66_000
_MOST_HEAD_BYTES = 64
_HEAD = re.compile(
    rb"\[(3G|SG|CS|ZJ)\*([0-9A-Za-z][0-9A-Za-z_.-]{0,30}[0-9A-Za-z])\*(?:([0-9A-Fa-f]{4})\*)?([0-9A-Fa-f]{4})\*"
)
_BINARY = re.compile(rb"(?:JXTK|TK|IMG|img|rcapture|PP)\Z")
"""What carries sound or pictures, in which a bracket may stand."""
_ANSWERED = {b"LK": b"LK", b"TKQ": b"TKQ", b"TKQ2": b"TKQ2", b"CCID": b"CCID", b"ICCID": b"ICCID"}
_ANSWERED |= {b"TK": b"TK,1", b"INIT": b"INIT,1"}
_SHOWN_BYTES = 60


class Packet(NamedTuple):
    """A whole frame: its maker's mark, the device, an index that some have, what kind it is, and its fields."""

    mark: bytes
    device_id: str
    number: bytes
    kind: bytes
    fields: tuple[str, ...]
    raw: bytes

    @property
    def form(self) -> bytes:
        """How a frame to this device begins; behind a star at its end an index follows."""
        return b"%b*%b%b" % (self.mark, self.device_id.encode(), b"*" if self.number else b"")


def packet_bytes(buffer: bytes) -> int:
    """Return the length of the first frame; 0 until its end has come.

    The end is a bracket. Some units count wrong: where the count does not lead to one, the first bracket is the end.
    Only sound and pictures, in which it may stand by itself, are taken by the count if that leads to one.
    """
    head = _HEAD.match(buffer)
    if head is None:
        if len(buffer) >= _MOST_HEAD_BYTES or not _may_begin(buffer):
            raise DecodeError("packet", buffer[:_SHOWN_BYTES], "[3G*ID*LEN*…]")
        return 0
    by_count = head.end() + int(head[4], 16)
    first = buffer.find(b"]", head.end())
    kind, comma, _ = buffer[head.end() : head.end() + 16].partition(b",")
    is_binary = bool(comma and _BINARY.match(kind))
    if by_count < len(buffer) and buffer[by_count] == ord("]"):
        follows = buffer[by_count + 1 : by_count + 2]
        if first == by_count or is_binary or follows in (b"", b"[", b"\r", b"\n", b"\0"):
            return by_count + 1
    if first < 0 or (is_binary and by_count >= len(buffer)):
        return 0
    return first + 1


def made(form: bytes, content: bytes) -> bytes:
    """Return a frame behind a head as far as its length."""
    return b"[%b*%04X*%b]" % (form, len(content), content)


def _may_begin(buffer: bytes) -> bool:
    """Tell whether the head is not whole yet, or whether it cannot become one."""
    if b"]" in buffer:
        return False
    mark, _, rest = buffer[1:].partition(b"*")
    if not any(one.startswith(buffer[:4]) for one in BEGINS) or (len(buffer) > 4 and len(mark) != 2):  # noqa: PLR2004
        return False
    return re.fullmatch(rb"[0-9A-Za-z_.-]*(?:\*[0-9A-Fa-f]{0,4}){0,2}", rest) is not None


def opened(raw: bytes) -> Packet:
    """Return what a frame holds. Raises `DecodeError` for what is none."""
    head = _HEAD.match(raw)
    if head is None or not raw.endswith(b"]"):
        raise DecodeError("packet", raw[:_SHOWN_BYTES], "[3G*ID*LEN*…]")
    content = raw[head.end() : -1]
    kind, _, rest = content.partition(b",")
    fields = tuple(rest.decode("utf-8", "replace").split(",")) if rest and not _BINARY.match(kind) else ()
    return Packet(head[1], head[2].decode(), head[3] or b"", kind, fields, content)


def credentials(raw: bytes) -> Credentials:
    """Return the identity that stands in every frame; the family has no secret."""
    return Credentials(device_id=opened(raw).device_id)


def reply(raw: bytes, disposition: Disposition) -> bytes:
    """Return the answer to what the family wants answered, once it is kept; what is not, it sends again."""
    try:
        packet = opened(raw)
    except DecodeError:
        return b""
    said = b"AL" if packet.kind.startswith(b"AL") else _ANSWERED.get(packet.kind.upper(), b"")
    if disposition is not Disposition.ACCEPTED or not said:
        return b""
    return made(packet.form + packet.number, said)
