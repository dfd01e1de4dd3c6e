"""What the LOG holds: one record per device message, decoded once, or raw with the reason it was not.

A record is one MessagePack array; encoder and decoder are shared by every writer and reader.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from gateway.contract.observation import Observation


class Reading(msgspec.Struct, frozen=True, array_like=True, tag=0, gc=False):
    """A decoded message.

    Attributes
    ----------
    device_id : str
        The device that measured it; a sensor behind a gateway goes by its own name.
    resident_id : str
        Whom the device was assigned to when the message came; empty when nobody: kept and stored, never
        shown as somebody's.
    received_at_ms : int
        When the front door had it complete, UTC. [ms]
    observations : tuple of Observation
        In the order sent; never empty.
    """

    device_id: str
    resident_id: str
    received_at_ms: int
    observations: tuple[Observation, ...]


class Undecoded(msgspec.Struct, frozen=True, array_like=True, tag=1, gc=False):
    """A message that could not be decoded, kept whole so that it can be replayed.

    Attributes
    ----------
    reason : str
        The decode error's text: field, value, expected.
    codec : str
        Name of the codec that refused it.
    """

    device_id: str
    resident_id: str
    received_at_ms: int
    topic: str
    payload: bytes
    codec: str
    reason: str


Record: TypeAlias = Reading | Undecoded

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Record] = msgspec.msgpack.Decoder(Record)


def encode_record(record: Record) -> bytes:
    """Return the record's bytes for the LOG."""
    return _encoder.encode(record)


def decode_record(raw: bytes | memoryview) -> Record:
    """Return the record that `encode_record` wrote.

    Raises
    ------
    msgspec.DecodeError
        If the bytes are not a record.
    """
    return _decoder.decode(raw)
