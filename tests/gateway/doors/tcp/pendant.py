"""A JT/T 808 pendant's side of a command: what it hears, and how it confirms."""

from __future__ import annotations

import asyncio
from functools import reduce
from operator import xor

from gateway.codec import Codec
from gateway.codecs import discover
from gateway.tcp_commands import CommandExample


def escaped(plain: bytes) -> bytes:
    """Return a message as a frame, its check sum made."""
    checked = plain + bytes([reduce(xor, plain)])
    return b"\x7e" + checked.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02") + b"\x7e"


def example(family: str, name: str) -> CommandExample:
    codec: Codec = discover()[family]
    assert codec.tcp is not None
    assert codec.tcp.commands is not None
    return next(one for one in codec.tcp.commands.examples if one.command.name == name)


async def packet_after(reader: asyncio.StreamReader) -> bytes:
    return b"\x7e" + await asyncio.wait_for(reader.readuntil(b"\x7e"), 5)


def unescaped(raw: bytes) -> bytes:
    return raw.replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")


def confirmed(talk: CommandExample, number: int, result: bytes = b"\0") -> bytes:
    """Return the terminal's general answer to the command with a number."""
    plain = unescaped(talk.confirmed)[1:-2]
    return escaped(plain.replace(b"\x12\x34", number.to_bytes(2, "big"))[:-1] + result)
