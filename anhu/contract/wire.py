"""The open JSON wire format, version 1: what a device sends when it may choose.

One message may carry numbers, events and waveforms together. Times are RFC 3339 with a zone, or integer UTC
milliseconds; where there is none, the received time is used and marked so. The structs here are also the source
of the published JSON Schema (`anhu.contract.schema`).
"""

from __future__ import annotations

import base64
import math
from typing import Annotated, Any, cast

import msgspec
import numpy as np
from msgspec import Meta

from anhu.contract import observation as obs
from anhu.contract.clock import from_rfc3339
from anhu.contract.errors import FieldError
from anhu.contract.quantities import Kind, Quantity, of_kind, quantity
from anhu.contract.units import conversion

MAX_MESSAGE_BYTES = 1_048_576
MAX_OBSERVATIONS = 10_000
MAX_PUSHED = 5_000
"""Messages of one push over HTTP."""
COMMANDS = {
    "ask_ok": "ask whether the wearer is well; `text` is said aloud, `seconds` waited for an answer",
    "measure": "measure the `quantity` now",
    "locate": "say the position",
    "find": "make a noise",
    "configure": "report every `report_period_s` seconds from now on",
    "text": "show or say the `text`",
    "firmware": "a newer `version` is there",
}
"""What the platform may want of a device, with the arguments."""
MIN_TIME_MS = 946_684_800_000
"""2000-01-01: anything before is an unset clock. [ms]"""
MAX_TIME_MS = 4_102_444_800_000
"""2100-01-01. [ms]"""

_MAX_TIME_CHARS = 40
_DEVICE, _RECEIVED = obs.TimeQuality.DEVICE, obs.TimeQuality.RECEIVED  # an enum's member costs a look each time
_SAFE_INT = 2**53 - 1  # what every JSON reader keeps exactly
_SCALARS = {row.code: row for row in of_kind(Kind.SCALAR)}

Time = Annotated[str | int, Meta(description="RFC 3339 with a zone, or UTC milliseconds since 1970.")]
Short = Annotated[str, Meta(max_length=64)]
Text = Annotated[str, Meta(max_length=1_024)]
Whole = Annotated[int, Meta(ge=-_SAFE_INT, le=_SAFE_INT)]


class Measured(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A number with more to say than its value."""

    value: float
    unit: Short = ""
    time: Time | None = None
    context: Short = ""
    poor: bool = False
    source: Short = ""


class WireEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Something that happened."""

    kind: str
    state: Annotated[str, Meta(pattern="^(on|off)$")] = "on"
    time: Time | None = None
    attributes: Annotated[dict[Short, Text | float | Whole | bool], Meta(max_length=64)] = {}
    source: Short = ""


class WireWaveform(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A stretch of signal: rows of numbers, or base64 of little-endian int16 rows to be multiplied by ``scale``."""

    quantity: str
    sampling_rate_hz: float
    channels: Annotated[tuple[Short, ...], Meta(min_length=1, max_length=16)]
    samples: list[list[float | None]] | None = None
    samples_int16: str | None = None
    scale: float = 1.0
    unit: Short = ""
    time: Time | None = None
    position: Short = ""
    poor: bool = False
    source: Short = ""


class Answered(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a device says to a command; ``ok`` false: it cannot."""

    id: Short
    ok: bool = True
    text: Text = ""


class WireMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One report of a device."""

    v: Annotated[int, Meta(ge=1, le=1, description="Version of this format.")]
    time: Time | None = None
    values: dict[str, float | Measured] = {}
    events: Annotated[list[WireEvent], Meta(max_length=MAX_OBSERVATIONS)] = []
    waveforms: Annotated[list[WireWaveform], Meta(max_length=MAX_OBSERVATIONS)] = []
    answer: Answered | None = None


_decoder = msgspec.json.Decoder(WireMessage)
_Stamp = tuple[int, obs.TimeQuality]


def decode(payload: bytes, received_at_ms: int) -> tuple[obs.Observation, ...]:
    """Read one message; see `decode_together`, which this is with every observation by itself."""
    return obs.one_by_one(decode_together(payload, received_at_ms))


def decode_together(payload: bytes, received_at_ms: int) -> obs.Decoded:
    """Read one message.

    Parameters
    ----------
    payload : bytes
        UTF-8 JSON, at most 1 MiB.
    received_at_ms : int
        Used where the device sent no time. [ms]

    Returns
    -------
    tuple of Observation, or PlainNumbers
        In canonical units; values first, then events, then waveforms.

    Raises
    ------
    FieldError
        Naming the field, its value and what was expected. Nothing of a refused message is used.
    """
    if len(payload) > MAX_MESSAGE_BYTES:
        raise FieldError("payload", f"{len(payload)} bytes", f"at most {MAX_MESSAGE_BYTES} bytes")
    try:
        message = _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FieldError("payload", payload[:80], f"a message of format v1 ({error})") from None
    stamp = _stamp(message.time, (received_at_ms, _RECEIVED), "time")
    values = message.values
    if values and not message.waveforms and payload.find(b'"events"') < 0 and _are_plain(values):
        return obs.PlainNumbers(*stamp, cast("dict[str, float]", values))
    if payload.count(b'"events"') > 1 or payload.count(b'"kind"') > len(message.events):
        raise FieldError(
            "events", payload[:80], "each name once: only the last would count, and it may not be the call"
        )
    out: list[obs.Observation] = _scalars(values, stamp)
    if message.events:
        out += [_event(e, stamp, f"events.{i}") for i, e in enumerate(message.events)]
    if message.waveforms:
        out += [waveform(w, stamp, f"waveforms.{i}") for i, w in enumerate(message.waveforms)]
    if not out and message.answer is None:
        raise FieldError("payload", payload[:80], "at least one of values, events, waveforms")
    return tuple(out)


def answered(payload: bytes) -> Answered | None:
    """Return what a message that can be read says to a command; None where it is no answer."""
    if payload.find(b'"answer"') < 0:
        return None
    return _decoder.decode(payload).answer


def _stamp(time: str | int | None, otherwise: _Stamp, field: str) -> _Stamp:
    if time is None:
        return otherwise
    if isinstance(time, int):
        at_ms = time
    elif len(time) <= _MAX_TIME_CHARS:
        at_ms = from_rfc3339(time, field=field)
    else:
        raise FieldError(field, time, "an RFC 3339 date and time such as 2026-11-23T03:00:00Z")
    if not MIN_TIME_MS <= at_ms <= MAX_TIME_MS:
        raise FieldError(field, time, "a time between the years 2000 and 2100; leave it out if the clock is unset")
    return at_ms, _DEVICE


def _number(value: float, field: str) -> float:
    if not math.isfinite(value):
        raise FieldError(field, value, "a finite number; leave a missing value out")
    return value


def _are_plain(values: dict[str, float | Measured]) -> bool:
    """Tell whether only known quantities come, each as a bare number, which is finite: else the parser refuses it."""
    for code, given in values.items():  # noqa: SIM110 - a generator costs three times as much, for every message
        if type(given) is not float or code not in _SCALARS:
            return False
    return True


def _scalars(values: dict[str, float | Measured], stamp: _Stamp) -> list[obs.Observation]:
    out: list[obs.Observation] = []
    for code, given in values.items():
        row = _SCALARS.get(code) or quantity(code, kind=Kind.SCALAR, field=f"values.{code}")
        measured = given if isinstance(given, Measured) else Measured(given)
        out.append(_measured(row, measured, stamp))
    return out


def _measured(row: Quantity, given: Measured, stamp: _Stamp) -> obs.Scalar:
    field = f"values.{row.code}"
    value = given.value
    if given.unit:
        scale, offset = conversion(given.unit, row.unit, field=f"{field}.unit")
        value = _number(value * scale + offset, f"{field}.value")
    at_ms, time_quality = _stamp(given.time, stamp, f"{field}.time")
    flags = obs.Quality.DEVICE_POOR if given.poor else obs.Quality.GOOD
    return obs.Scalar(row.code, value, at_ms, time_quality, int(flags), given.context, given.source)


def _event(given: WireEvent, stamp: _Stamp, field: str) -> obs.Event:
    quantity(given.kind, kind=Kind.EVENT, field=f"{field}.kind")
    at_ms, time_quality = _stamp(given.time, stamp, f"{field}.time")
    return obs.Event(given.kind, at_ms, given.state, given.attributes, time_quality, 0, given.source)


def waveform(given: WireWaveform, stamp: tuple[int, obs.TimeQuality], field: str) -> obs.Waveform:
    """Return a waveform as it is kept. Raises `FieldError`."""
    row = quantity(given.quantity, kind=Kind.WAVEFORM, field=f"{field}.quantity")
    at_ms, time_quality = _stamp(given.time, stamp, f"{field}.time")
    samples = _samples(given, row, field)
    try:
        made = obs.waveform_from_array(
            row.code,
            samples,
            observed_at_ms=at_ms,
            sampling_rate_hz=given.sampling_rate_hz,
            channels=given.channels,
            position=given.position,
            time_quality=time_quality,
            source=given.source,
        )
    except FieldError as error:
        raise FieldError(f"{field}.{error.field}", error.value, error.expected) from None
    return msgspec.structs.replace(made, quality=int(obs.Quality.DEVICE_POOR)) if given.poor else made


def _samples(given: WireWaveform, row: Quantity, field: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    width = len(given.channels)
    if (given.samples is None) == (given.samples_int16 is None):
        raise FieldError(field, "samples, samples_int16", "exactly one of the two")
    if given.samples is not None:
        if any(len(r) != width for r in given.samples):
            raise FieldError(f"{field}.samples", "a row of another length", f"rows of {width} numbers")
        samples = np.array(given.samples, dtype=np.float64).reshape(-1, width)  # None becomes NaN
    else:
        samples = _unpacked(given.samples_int16 or "", width, field)
    scale, offset = conversion(given.unit, row.unit, field=f"{field}.unit") if given.unit else (1.0, 0.0)
    with np.errstate(over="ignore"):  # an infinite sample is refused below
        return samples * (given.scale * scale) + offset


def _unpacked(text: str, width: int, field: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:  # no Base64, or letters beyond ASCII
        raise FieldError(f"{field}.samples_int16", text, "base64") from None
    if len(raw) % (2 * width):
        raise FieldError(f"{field}.samples_int16", f"{len(raw)} bytes", f"a multiple of {2 * width} bytes")
    samples = np.frombuffer(raw, dtype="<i2").astype(np.float64).reshape(-1, width)
    samples[samples == np.iinfo(np.int16).min] = np.nan  # the lowest code marks a missing sample
    return samples
