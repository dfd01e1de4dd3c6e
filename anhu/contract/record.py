"""What the LOG holds: one record per device message, decoded once, or raw with the reason it was not.

A record is one MessagePack array; encoder and decoder are shared by every writer and reader. Most messages are plain
numbers of one time. They lie in the LOG as such, a third of the bytes and of the work; who does not count microseconds
reads them as the readings they are. Those that come to the disk together share an entry of the LOG (`bundled`), which
is checked and decoded in one piece (`decode_entry`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import msgspec

from anhu.contract.observation import Observation, PlainNumbers, Scalar, TimeQuality, one_by_one


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

    def reading(self) -> Reading:
        """Return itself: who holds a reading or numbers need not ask which."""
        return self


class Undecoded(msgspec.Struct, frozen=True, array_like=True, tag=1, gc=False):
    """A message that could not be decoded, kept whole so that it can be replayed.

    Attributes
    ----------
    route : str
        Which way it took at that door: MQTT topic, HTTP path, the other end of a TCP connection.
    reason : str
        The decode error's text: field, value, expected.
    codec : str
        Name of the codec that refused it.
    door : str
        Which door it came in by; entries older than this field came over MQTT.
    retained : bool
        A broker's retained copy; entries older than this field do not say.
    """

    device_id: str
    resident_id: str
    received_at_ms: int
    route: str
    payload: bytes
    codec: str
    reason: str
    door: str = "mqtt"
    retained: bool = False


class Numbers(msgspec.Struct, frozen=True, array_like=True, tag=2, gc=False):
    """A decoded message of numbers that share their time, and of which nothing else is to be said.

    Attributes
    ----------
    device_id, resident_id, received_at_ms
        As of a `Reading`.
    observed_at_ms, time_quality, values
        As of `anhu.contract.observation.PlainNumbers`.
    """

    device_id: str
    resident_id: str
    received_at_ms: int
    observed_at_ms: int
    time_quality: TimeQuality
    values: dict[str, float]

    @property
    def observations(self) -> tuple[Observation, ...]:
        """The numbers one by one."""
        return one_by_one(PlainNumbers(self.observed_at_ms, self.time_quality, self.values))

    def reading(self) -> Reading:
        """Return the same as a reading."""
        return Reading(self.device_id, self.resident_id, self.received_at_ms, self.observations)


class Bundle(msgspec.Struct, frozen=True, array_like=True, tag=3, gc=False):
    """Messages of plain numbers that share an entry of the LOG, in the order in which they came."""

    messages: list[Numbers]


Record: TypeAlias = Reading | Undecoded
LogRecord: TypeAlias = Reading | Undecoded | Numbers

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[LogRecord] = msgspec.msgpack.Decoder(LogRecord)
_entry_decoder: msgspec.msgpack.Decoder[LogRecord | Bundle] = msgspec.msgpack.Decoder(LogRecord | Bundle)

_NUMBERS_HEAD = _encoder.encode(Numbers("", "", 0, 0, TimeQuality.DEVICE, {}))[:2]  # how every such record begins
_BUNDLE_HEAD = _encoder.encode(Bundle([]))[:2]
_ARRAY_16 = b"\xdc"  # MessagePack: a list whose length stands in the next two bytes
_BUNDLE_BYTES = 4_096
"""A bundle that has reached this is closed. Larger ones cost their readers more: what was decoded in one piece should
still be in the processor's cache when it is looked at. [byte]"""


def encode_record(record: LogRecord) -> bytes:
    """Return the record's bytes for the LOG."""
    return _encoder.encode((type(record) is Reading and plain_numbers(record)) or record)


def decode_as_written(raw: bytes | memoryview) -> LogRecord:
    """Return the record that `encode_record` wrote, in the form in which it lies in the LOG.

    Raises
    ------
    msgspec.DecodeError
        If the bytes are not a record.
    """
    return _decoder.decode(raw)


def bundled(records: Iterable[bytes]) -> list[bytes]:
    """Return the entries to write for records that come to the disk together: plain numbers side by side share one."""
    entries: list[bytes] = []
    together: list[bytes] = []
    size = 0
    for record in records:
        is_plain = record.startswith(_NUMBERS_HEAD)
        if together and (not is_plain or size >= _BUNDLE_BYTES):
            entries.append(_bundle(together))
            together, size = [], 0
        if is_plain:
            together.append(record)
            size += len(record)
        else:
            entries.append(record)
    if together:
        entries.append(_bundle(together))
    return entries


def _bundle(records: Sequence[bytes]) -> bytes:
    """Put encoded records side by side, as the encoder would: none of them is looked into again."""
    if len(records) == 1:
        return records[0]
    return b"".join((_BUNDLE_HEAD, _ARRAY_16, len(records).to_bytes(2, "big"), *records))


def decode_entry(raw: bytes | memoryview) -> Sequence[LogRecord]:
    """Return the records of an entry of the LOG, each in the form in which it lies there.

    Raises
    ------
    msgspec.DecodeError
        If the bytes are no such entry.
    """
    found = _entry_decoder.decode(raw)
    return found.messages if isinstance(found, Bundle) else (found,)


def plain_numbers(reading: Reading) -> Numbers | None:
    """Return the reading as numbers of one time; None when there is more to it."""
    values: dict[str, float] = {}
    at_ms, time_quality = -1, TimeQuality.DEVICE
    for one in reading.observations:
        if type(one) is not Scalar or one.quality or one.context or one.source or one.quantity in values:
            return None
        if not values:
            at_ms, time_quality = one.observed_at_ms, one.time_quality
        elif one.observed_at_ms != at_ms or one.time_quality is not time_quality:
            return None
        values[one.quantity] = one.value
    if not values:
        return None
    return Numbers(reading.device_id, reading.resident_id, reading.received_at_ms, at_ms, time_quality, values)
