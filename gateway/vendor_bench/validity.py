"""What no codec may make of a message, whatever the message is."""

from __future__ import annotations

from collections.abc import Mapping

from anhu.contract.errors import FieldError
from anhu.contract.identity import child_device_id
from anhu.contract.observation import Event, Observation, Quality, Scalar, TimeQuality, Waveform
from anhu.contract.quantities import QUANTITIES, Kind
from anhu.contract.record import Reading, Undecoded, decode_as_written, encode_record
from anhu.contract.wire import MAX_TIME_MS, MIN_TIME_MS
from gateway.codec import Frame

_KIND_OF: Mapping[type, Kind] = {Scalar: Kind.SCALAR, Waveform: Kind.WAVEFORM, Event: Kind.EVENT}


def flaw_of(observations: tuple[Observation, ...], frame: Frame) -> str:
    """Return what is wrong with what a codec made of a frame; empty where nothing is."""
    for one in observations:
        if flaw := _flaw(one, frame):
            return f"{one.quantity}: {flaw}"
    reading = Reading(frame.device_id, "r-1", frame.received_at_ms, observations)
    try:
        written = decode_as_written(encode_record(reading))
        kept = not isinstance(written, Undecoded) and written.reading() == reading
    except (FieldError, TypeError, ValueError) as error:
        return f"cannot be written to the LOG: {error}"
    return "" if kept else "reads back from the LOG as something else"


def _flaw(one: Observation, frame: Frame) -> str:
    known = QUANTITIES.get(one.quantity)
    if known is None or known.kind is not _KIND_OF[type(one)]:
        return "no such row in the quantity table"
    if isinstance(one, Event) and one.state not in {"on", "off"}:
        return f"state {one.state!r}, expected on or off"
    if frame.retained and not one.quality & Quality.RETAINED:
        return "of a retained copy, and not marked so"
    try:
        child_device_id(frame.device_id, one.source) if one.source else ""
    except (FieldError, ValueError) as error:
        return str(error)
    return _flaw_of_time(one, frame)


def _flaw_of_time(one: Observation, frame: Frame) -> str:
    if not MIN_TIME_MS <= one.observed_at_ms <= MAX_TIME_MS:
        return f"observed at {one.observed_at_ms}, not between the years 2000 and 2100"
    if one.time_quality is TimeQuality.RECEIVED and one.observed_at_ms != frame.received_at_ms:
        return "said to be of the received time, and is of another"
    return ""
