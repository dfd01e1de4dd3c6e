"""What an edge gateway of ours hands on to the centre: records of its own LOG, decoded there, many in one message.

The edge's clock has timed them already: a time of arrival there is the time of the observation here, however much later
the message comes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from anhu.contract.errors import FieldError
from anhu.contract.identity import child_device_id
from anhu.contract.observation import AttributeValue, Event, Observation, Scalar, TimeQuality, Waveform
from anhu.contract.quantities import Kind, quantity
from anhu.contract.record import LogRecord, Reading, Undecoded
from anhu.contract.wire import MAX_TIME_MS, MIN_TIME_MS

CODEC = "anhu_edge"
"""The family of our edge gateways."""
TOPIC = "anhu/v1/{device_id}/relay"
URGENT = "anhu/v1/{device_id}/relay/urgent"
REFUSED = "anhu/v1/{device_id}/relay/refused"
TOLD_LOCALLY = "told_locally_ms"
ANSWERED_LOCALLY = "answered_locally_ms"
MAX_RECORDS = 1_000
MIN_RATE_HZ, MAX_RATE_HZ = 0.1, 2_000.0
MAX_BYTES = 786_432
"""Of one message; a front door takes 1,114,112. [byte]"""


class Relayed(msgspec.Struct, frozen=True, array_like=True, tag="relay1", gc=False):
    """One message from an edge gateway."""

    records: list[LogRecord]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Relayed)


def packed(records: Sequence[LogRecord]) -> bytes:
    """Return the message for records, in their order."""
    return _encoder.encode(Relayed(list(records)))


def messages(records: Sequence[LogRecord]) -> Iterator[bytes]:
    """Return the messages for any number of records, each short enough for a front door; order is kept."""
    for start in range(0, len(records), MAX_RECORDS):
        yield from _short_enough(records[start : start + MAX_RECORDS])


def _short_enough(records: Sequence[LogRecord]) -> Iterator[bytes]:
    message = packed(records)
    halves = _halves(records) if len(message) > MAX_BYTES else ()
    if not halves:
        yield message
    for half in halves:
        yield from _short_enough(half)


def _halves(records: Sequence[LogRecord]) -> Sequence[Sequence[LogRecord]]:
    """Part records, or the observations of one, or the samples of one; none where there is nothing to part."""
    middle = len(records) // 2
    if middle:
        return records[:middle], records[middle:]
    only = records[0]
    if not isinstance(only, Reading):
        return ()
    several = only.observations
    if len(several) == 1 and isinstance(several[0], Waveform):
        several = _in_two(several[0])
    middle = len(several) // 2
    if not middle:
        return ()
    return [[msgspec.structs.replace(only, observations=part)] for part in (several[:middle], several[middle:])]


def _in_two(wave: Waveform) -> tuple[Waveform, ...]:
    row_bytes = 4 * len(wave.channels)
    rows = len(wave.samples) // row_bytes
    if rows < 2:  # noqa: PLR2004 - two halves of one row there are not
        return (wave,)
    first, second = wave.samples[: rows // 2 * row_bytes], wave.samples[rows // 2 * row_bytes :]
    later_ms = wave.observed_at_ms + round(rows // 2 * 1_000 / wave.sampling_rate_hz)
    replaced = msgspec.structs.replace
    return replaced(wave, samples=first), replaced(wave, samples=second, observed_at_ms=later_ms)


def observations(payload: bytes) -> tuple[Observation, ...]:
    """Return what was observed, each under the device that observed it (``source``).

    Raises
    ------
    FieldError
        If the message is none of an edge gateway's, or holds what nobody here knows. A record that no codec of the
        edge could read is such a message by itself: its reason is the error.
    """
    try:
        relayed = _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FieldError("payload", str(error), "records of an edge gateway of this version") from None
    if len(relayed.records) > MAX_RECORDS:
        raise FieldError("records", len(relayed.records), f"at most {MAX_RECORDS}")
    for record in relayed.records:
        if isinstance(record, Undecoded):
            raise FieldError(f"{record.device_id} at {record.route}", "what the edge could not read", record.reason)
    return tuple(_all_of(relayed.records))


def _all_of(records: Iterable[LogRecord]) -> Iterable[Observation]:
    for record in records:
        if not isinstance(record, Undecoded):
            yield from (_timed(_known(one), record.received_at_ms, record.device_id) for one in record.observations)


def _known(one: Observation) -> Observation:
    kind = {Scalar: Kind.SCALAR, Waveform: Kind.WAVEFORM, Event: Kind.EVENT}[type(one)]
    quantity(one.quantity, kind=kind)
    if not MIN_TIME_MS <= one.observed_at_ms <= MAX_TIME_MS:
        raise FieldError(one.quantity, one.observed_at_ms, "a time between the years 2000 and 2100")
    if isinstance(one, Scalar) and not math.isfinite(one.value):
        raise FieldError(one.quantity, one.value, "a finite number")
    if isinstance(one, Event) and one.state not in ("on", "off"):
        raise FieldError(one.quantity, one.state, "on or off")
    if isinstance(one, Waveform):
        _check_waveform(one)
    return one


def _check_waveform(wave: Waveform) -> None:
    if not MIN_RATE_HZ <= wave.sampling_rate_hz <= MAX_RATE_HZ:
        raise FieldError(wave.quantity, wave.sampling_rate_hz, f"{MIN_RATE_HZ} to {MAX_RATE_HZ} Hz")
    if not wave.channels or not wave.samples or len(wave.samples) % (4 * len(wave.channels)):
        raise FieldError(wave.quantity, f"{len(wave.samples)} bytes", "whole rows of samples, one number a channel")


def _timed(one: Observation, received_at_ms: int, device_id: str) -> Observation:
    """Give an observation its device, and the edge's time where the device had none that counts.

    A source is of a sensor, or a user, that nobody registered behind the device: it must not pass for the device's own.
    """
    if one.source:
        device_id = child_device_id(device_id, one.source)
    if one.time_quality is TimeQuality.DEVICE:
        return msgspec.structs.replace(one, source=device_id)
    if not MIN_TIME_MS <= received_at_ms <= MAX_TIME_MS:
        raise FieldError("received_at_ms", received_at_ms, "a time between the years 2000 and 2100")
    return msgspec.structs.replace(
        one, source=device_id, observed_at_ms=received_at_ms, time_quality=TimeQuality.DEVICE
    )


def told(event: Event, times_ms: Mapping[str, AttributeValue]) -> Event:
    """Return a call with what was done about it at the edge while the line was down."""
    return msgspec.structs.replace(event, attributes={**event.attributes, **times_ms}) if times_ms else event
