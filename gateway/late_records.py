"""Records of messages that waited for somebody to say whose they are: they come now, and are of then."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from anhu.contract.observation import Observation, Quality, TimeQuality
from anhu.contract.record import LogRecord, Reading, Undecoded, decode_as_written, encode_record
from anhu.log.port import Keyed

_LATE = int(Quality.LATE)


def late_records(records: Iterable[Keyed], now_ms: int) -> list[Keyed]:
    """Return records as received now, with the times that they had when they came first. [ms].

    The time in a record is when the LOG took it: one of the past would set back the clock of everybody who reads it.
    """
    return [(key, encode_record(_late(decode_as_written(record), now_ms))) for key, record in records]


def late_reading(reading: Reading, now_ms: int, *, device_id: str, resident_id: str) -> Reading:
    """Return what was measured then as received now, of a device and a resident, whoever it was of before. [ms]."""
    seen = tuple(msgspec.structs.replace(_marked(one), source="") for one in reading.observations)
    return Reading(device_id, resident_id, now_ms, seen)


def _late(record: LogRecord, now_ms: int) -> Reading | Undecoded:
    if isinstance(record, Undecoded):
        return msgspec.structs.replace(record, received_at_ms=now_ms)
    reading = record.reading()
    seen = tuple(_marked(one) for one in reading.observations)
    return msgspec.structs.replace(reading, received_at_ms=now_ms, observations=seen)


def _marked(one: Observation) -> Observation:
    """Return an observation marked as late; a time of arrival is as good as a device's own by now."""
    time_quality = TimeQuality.DEVICE if one.time_quality is TimeQuality.RECEIVED else one.time_quality
    return msgspec.structs.replace(one, quality=one.quality | _LATE, time_quality=time_quality)
