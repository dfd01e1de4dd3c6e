"""Readings as InfluxDB line protocol, made by hand: a tenth of the client's own cost.

=========== ========================== ==============================================================================
measurement tags                       fields
=========== ========================== ==============================================================================
reading     resident, device           ``<quantity>`` float; where there is something to say ``<quantity>_quality``
                                       integer flags and ``<quantity>_context`` text
event       resident, device, kind     ``state`` 1 on, 0 off; ``attributes`` JSON text; ``quality``, ``time_quality``
waveform    resident, device, quantity ``sampling_rate_hz`` float, ``channels`` JSON text, ``position``,
                                       ``duration_ms``, ``quality``, ``time_quality``; ``samples``, ``samples_1`` ...
                                       base64 of little-endian float32, 36,000 bytes each
hour        resident, device           ``<quantity>_low``, ``_total``, ``_high``, ``_samples`` floats: see `hourly`
store       -                          ``newest_received_ms``, one point an hour
=========== ========================== ==============================================================================

Times are device times in milliseconds. A device of nobody has no resident tag.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

import msgspec

from anhu.contract.clock import HOUR_MS
from anhu.contract.observation import Event, Scalar, Waveform
from anhu.contract.record import Numbers
from ingest.store.due_hours import DeviceHour
from ingest.store.hour_plan import Part
from ingest.store.port import PlatformRow, Stored

CHUNK_BYTES = 36_000  # 48,000 characters of base64: InfluxDB's limit for a text field is 64 KiB


def lines(reading: Stored) -> bytes:
    """Return a reading's lines, each ended by a newline."""
    tags = _tags(reading.resident_id, reading.device_id)
    if type(reading) is Numbers:
        fields = ",".join([f"{code}={value!r}" for code, value in reading.values.items()])
        return f"reading{tags} {fields} {reading.observed_at_ms}\n".encode()
    scalars: dict[int, str] = {}
    out = ""
    for seen in reading.observations:
        at_ms = seen.observed_at_ms
        if isinstance(seen, Scalar):
            field = f"{seen.quantity}={float(seen.value)!r}"
            if seen.quality or seen.context:
                field += _doubts(seen)
            before = scalars.get(at_ms)
            scalars[at_ms] = field if before is None else f"{before},{field}"
        elif isinstance(seen, Event):
            out += f"event{tags},kind={_tag(seen.kind)} {_event(seen)} {at_ms}\n"
        else:
            out += f"waveform{tags},quantity={_tag(seen.quantity)} {','.join(_waveform(seen))} {at_ms}\n"
    for at_ms, fields in scalars.items():
        out += f"reading{tags} {fields} {at_ms}\n"
    return out.encode()


def newest_line(readings: Sequence[Stored]) -> bytes:
    """Return the line that tells when the newest reading was received."""
    newest_ms = max(r.received_at_ms for r in readings)
    return f"store newest_received_ms={newest_ms}i {newest_ms - newest_ms % HOUR_MS}\n".encode()


def hour_line(hour: DeviceHour, parts: Mapping[str, Part]) -> bytes:
    """Return the line of one device's hour, by quantity."""
    fields = (
        f"{code}_low={p.low!r},{code}_total={p.total!r},{code}_high={p.high!r},{code}_samples={float(p.samples)!r}"
        for code, p in parts.items()
    )
    return f"hour{_tags(hour.resident_id, hour.device_id)} {','.join(fields)} {hour.hour * HOUR_MS}\n".encode()


def platform_line(row: PlatformRow) -> bytes:
    """Return a health row's line."""
    tags = "".join(f",{_tag(key)}={_tag(value)}" for key, value in sorted(row.tags.items()) if value)
    fields = ",".join(f"{_tag(key)}={float(value)!r}" for key, value in row.fields.items())
    return f"{_tag(row.name)}{tags} {fields} {row.at_ms}\n".encode()


@lru_cache(maxsize=100_000)
def _tags(resident_id: str, device_id: str) -> str:
    resident = f",resident={_tag(resident_id)}" if resident_id else ""
    return f"{resident},device={_tag(device_id)}"


def _tag(text: str) -> str:
    return text.replace("\\", "\\\\").replace(",", "\\,").replace("=", "\\=").replace(" ", "\\ ")


def _text(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _doubts(seen: Scalar) -> str:
    flags = f",{seen.quantity}_quality={seen.quality}i" if seen.quality else ""
    return f"{flags},{seen.quantity}_context={_text(seen.context)}" if seen.context else flags


def _event(seen: Event) -> str:
    attributes = _text(msgspec.json.encode(seen.attributes).decode())
    state = 1 if seen.state == "on" else 0
    marks = f"quality={seen.quality}i,time_quality={int(seen.time_quality)}i"
    return f"state={state}i,attributes={attributes},{marks}"


def _waveform(seen: Waveform) -> Iterator[str]:
    yield f"sampling_rate_hz={seen.sampling_rate_hz!r}"
    yield f"channels={_text(msgspec.json.encode(seen.channels).decode())}"
    yield f"position={_text(seen.position)}"
    yield f"duration_ms={seen.duration_ms}i,quality={seen.quality}i,time_quality={int(seen.time_quality)}i"
    for n, first in enumerate(range(0, len(seen.samples), CHUNK_BYTES)):
        text = base64.b64encode(seen.samples[first : first + CHUNK_BYTES]).decode()
        yield f'{sample_field(n)}="{text}"'


def sample_field(n: int) -> str:
    """Name the field of the n-th piece of a waveform, counted from 0."""
    return f"samples_{n}" if n else "samples"
