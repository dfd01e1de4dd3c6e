"""Cuts what a connection brings into packets: pure, no network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from anhu.contract.errors import DecodeError, FieldError
from gateway.codec import Codec
from gateway.door_specs import TcpSpec

_BETWEEN = b"\r\n\0 "
"""Some modems end each packet with a line or a zero: no packet, and nothing to speak of."""
_SHOWN_BYTES = 40


class Family(NamedTuple):
    """A codec that has a `TcpSpec`, and that spec."""

    codec: Codec
    spec: TcpSpec


def families(codecs: Iterable[Codec]) -> tuple[Family, ...]:
    """Return those that speak over TCP."""
    return tuple(Family(one, one.tcp) for one in codecs if one.tcp is not None)


class Cutter:
    """One connection's bytes, of the family that they begin as.

    Attributes
    ----------
    family : Family or None
        None until enough has come to tell.
    garbage : bytes
        The beginning of what was passed over since it was last taken; `garbage_bytes` of it in all.
    since_packet : int
        Bytes passed over since the last packet. [byte]
    """

    __slots__ = ("_families", "_unread", "family", "garbage", "garbage_bytes", "since_packet")

    def __init__(self, known: Sequence[Family]) -> None:
        self._families = known
        self._unread = b""
        self.family: Family | None = None
        self.garbage = b""
        self.garbage_bytes = self.since_packet = 0

    @property
    def unread_bytes(self) -> int:
        """Bytes of a packet that is not whole yet. [byte]."""
        return len(self._unread)

    def feed(self, data: bytes) -> None:
        """Take what came."""
        self._unread = self._unread + data if self._unread else data

    def next(self) -> bytes:
        """Return the next packet; empty until it is whole.

        Raises
        ------
        FieldError
            For what is no family's, and for bytes that are no packet where the family does not say how to go on.
        """
        if self.family is None:
            self.family = self._recognised()
        return self._cut(self.family.spec) if self.family is not None else b""

    def take_garbage(self) -> tuple[bytes, int]:
        """Return the beginning of what was passed over, and how much it was; it is forgotten."""
        taken = self.garbage, self.garbage_bytes
        self.garbage, self.garbage_bytes = b"", 0
        return taken

    def _recognised(self) -> Family | None:
        self._unread = self._unread.lstrip(_BETWEEN)
        unread = self._unread
        begins = [(family, first) for family in self._families for first in family.spec.begins]
        for family, first in begins:
            if unread.startswith(first):
                return family
        if not any(first.startswith(unread) for _, first in begins):
            raise DecodeError("connection", unread[:_SHOWN_BYTES], "the beginning of a family's connections")
        return None

    def _cut(self, spec: TcpSpec) -> bytes:
        while self._unread:
            try:
                length = spec.packet_bytes(self._unread)
                if length > spec.max_packet_bytes or (not length and len(self._unread) > spec.max_packet_bytes):
                    what = length or len(self._unread)
                    raise DecodeError("packet", f"{what} bytes", f"at most {spec.max_packet_bytes} bytes")
            except FieldError:
                if not spec.resynchronises and self._unread.strip(_BETWEEN):
                    raise
                self._pass_over(spec)
                continue
            if not 0 < length <= len(self._unread):
                return b""
            packet, self._unread = self._unread[:length], self._unread[length:]
            self.since_packet = 0
            return packet
        return b""

    def _pass_over(self, spec: TcpSpec) -> None:
        """Go on where the next packet may begin."""
        unread = self._unread
        starts = [at for first in spec.begins if (at := unread.find(first, 1)) > 0]
        rest = unread[min(starts) :] if starts else _tail(unread, spec.begins)
        gone = unread[: len(unread) - len(rest)]
        self._unread = rest
        if garbage := gone.strip(_BETWEEN):
            self.garbage = (self.garbage + garbage)[:_SHOWN_BYTES]
            self.garbage_bytes += len(garbage)
            self.since_packet += len(garbage)


def _tail(unread: bytes, begins: Sequence[bytes]) -> bytes:
    """Return the end of what came that may be the beginning of a beginning."""
    for size in range(min(len(unread), max(map(len, begins))) - 1, 0, -1):
        if any(first.startswith(unread[-size:]) for first in begins):
            return unread[-size:]
    return b""
