"""InfluxDB 2.7, asked in Flux. Identities are checked before they stand in a query."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite

import msgspec
from influxdb_client.domain.dialect import Dialect
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from gateway.contract.clock import from_rfc3339, to_rfc3339
from gateway.contract.identity import checked_id
from gateway.contract.observation import AttributeValue, Event, TimeQuality, Waveform
from gateway.contract.quantities import Quantity
from gateway.contract.quantities import quantity as known_quantity
from ingest.store.influxdb_settings import InfluxSettings, answer_text
from ingest.store.line_protocol import sample_field
from ingest.store.port import (
    LATEST_AHEAD_MS,
    LATEST_WITHIN_MS,
    WAVEFORM_LOOK_BACK_MS,
    Bucket,
    Point,
    Range,
    StoreUnavailableError,
)

_RESIDENTS_A_QUERY = 200
_QUALITY = "_quality"
_PLAIN_CSV = Dialect(header=True, annotations=[], delimiter=",")
_EVER = "range(start: 1970-01-01T00:00:00Z, stop: 2262-01-01T00:00:00Z)"

_attributes = msgspec.json.Decoder(dict[str, AttributeValue])
_channels = msgspec.json.Decoder(tuple[str, ...])
_Row = Mapping[str, str]


class InfluxStoreQuery:
    """Answers from one bucket; may be used from any thread."""

    def __init__(self, settings: InfluxSettings) -> None:
        self._settings = settings
        self._client = settings.client()
        self._api = self._client.query_api()

    def latest(self, resident_ids: Sequence[str]) -> Mapping[str, Mapping[str, Point]]:
        """Return resident -> quantity -> newest number."""
        newest = self._rows(f'|> {_EVER} |> filter(fn: (r) => r._measurement == "store") |> last()')
        if not newest or not resident_ids:
            return {}
        newest_ms = int(newest[0]["_value"])
        within = Range(newest_ms - LATEST_WITHIN_MS, newest_ms + LATEST_AHEAD_MS + 1)
        out: dict[str, dict[str, Point]] = {}
        for first in range(0, len(resident_ids), _RESIDENTS_A_QUERY):
            asked = _one_of(resident_ids[first : first + _RESIDENTS_A_QUERY])
            flux = _from("reading", within, f"{asked} and r._field !~ /_context$/")
            _add_latest(out, self._rows(f"{flux} |> last()"))
        return out

    def points(self, resident_id: str, quantity: str, within: Range, *, limit: int = 10_000) -> Sequence[Point]:
        """Return the first `limit` numbers of a quantity in a range."""
        if within.start_ms >= within.end_ms:
            return []
        row = known_quantity(quantity)
        fields = f'(r._field == "{row.code}" or r._field == "{row.code}{_QUALITY}")'
        flux = _from("reading", within, f"{_resident(resident_id)} and {fields}")
        rows = self._rows(f'{flux} |> limit(n: {limit}) |> keep(columns: ["_time", "_value", "_field", "device"])')
        flags = {(r["device"], r["_time"]): int(r["_value"]) for r in rows if r["_field"] != row.code}
        points = [
            Point(_ms(r), float(r["_value"]), flags.get((r["device"], r["_time"]), 0), r["device"])
            for r in rows
            if r["_field"] == row.code
        ]
        return sorted(points)[:limit]

    def buckets(self, resident_id: str, quantity: str, within: Range, *, bucket_ms: int) -> Sequence[Bucket]:
        """Return low, mean, high per bucket, each aggregated in the store."""
        if within.start_ms >= within.end_ms:
            return []
        row = known_quantity(quantity)
        source = _from("reading", within, f'{_resident(resident_id)} and r._field == "{row.code}"{_in_range(row)}')
        every = f'every: {bucket_ms}ms, createEmpty: false, timeSrc: "_start"'
        parts = [
            f"from(bucket: {self._bucket}) {source} |> aggregateWindow(fn: {fn}, {every})"
            f' |> keep(columns: ["_time", "_value", "device"]) |> yield(name: "{fn}")'
            for fn in ("min", "mean", "max", "count")
        ]  # each from the source: over a shared variable the server would not aggregate while it reads
        return _merged(self._ask("\n".join(parts)), bucket_ms)

    def events(self, resident_id: str, within: Range, *, limit: int = 1_000) -> Sequence[tuple[str, Event]]:
        """Return the last `limit` (device_id, event) of a range, oldest first."""
        if within.start_ms >= within.end_ms:
            return []
        rows = self._rows(
            f"{_from('event', within, _resident(resident_id))}"
            ' |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")'
            f' |> group() |> sort(columns: ["_time", "device", "kind"], desc: true) |> limit(n: {limit})'
        )
        return [(r["device"], _event(r)) for r in reversed(rows)]

    def waveforms(
        self, resident_id: str, quantity: str, within: Range, *, limit: int = 100
    ) -> Sequence[tuple[str, Waveform]]:
        """Return the last `limit` (device_id, waveform) overlapping a range, oldest first."""
        if within.start_ms >= within.end_ms:
            return []
        row = known_quantity(quantity)
        early = Range(within.start_ms - WAVEFORM_LOOK_BACK_MS, within.end_ms)
        of_it = f'{_resident(resident_id)} and r.quantity == "{row.code}"'
        lengths = self._rows(_from("waveform", early, f'{of_it} and r._field == "duration_ms"'))
        found = sorted((_ms(r), r["device"]) for r in lengths if _ms(r) + int(r["_value"]) > within.start_ms)[-limit:]
        if not found:
            return []
        rows = self._rows(_from("waveform", Range(found[0][0], found[-1][0] + 1), of_it))
        fields: dict[tuple[int, str], dict[str, str]] = {key: {} for key in found}
        for r in rows:
            fields.get((_ms(r), r["device"]), {})[r["_field"]] = r["_value"]
        return [(device, _waveform(row.code, at_ms, fields[at_ms, device])) for at_ms, device in found]

    def ping(self) -> str:
        """Return the store's name and version; unavailable also when the bucket is not there."""
        try:
            version = self._client.version()
            bucket = self._client.buckets_api().find_bucket_by_name(self._settings.bucket)
        except (ApiException, HTTPError, OSError) as error:
            raise self._unavailable(error) from error
        if bucket is None:
            raise StoreUnavailableError(f"InfluxDB at {self._settings.url} has no bucket {self._settings.bucket!r}")
        return f"InfluxDB {version}"

    def close(self) -> None:
        """Close connections."""
        self._client.close()

    @property
    def _bucket(self) -> str:
        return msgspec.json.encode(self._settings.bucket).decode()

    def _unavailable(self, error: Exception) -> StoreUnavailableError:
        why = answer_text(error) if isinstance(error, ApiException) and error.status else str(error)
        return StoreUnavailableError(f"InfluxDB at {self._settings.url}: {why}")

    def _rows(self, flux: str) -> list[_Row]:
        return list(self._ask(f"from(bucket: {self._bucket}) {flux}"))

    def _ask(self, flux: str) -> Iterator[_Row]:
        """Run a query and yield its rows; a table with other columns brings its own head line."""
        try:
            head: list[str] = []
            for line in self._api.query_csv(flux, dialect=_PLAIN_CSV):
                if line[1:3] == ["result", "table"]:
                    head = line
                elif len(line) == len(head):
                    yield dict(zip(head, line, strict=True))
        except (ApiException, HTTPError, OSError) as error:
            raise self._unavailable(error) from error


def _from(measurement: str, within: Range, condition: str) -> str:
    times = f"start: {to_rfc3339(within.start_ms)}, stop: {to_rfc3339(within.end_ms)}"
    return f'|> range({times}) |> filter(fn: (r) => r._measurement == "{measurement}" and {condition})'


def _resident(resident_id: str) -> str:
    return f'r.resident == "{checked_id(resident_id, field="resident_id")}"'


def _one_of(resident_ids: Sequence[str]) -> str:
    """Name many residents in one pattern: a chain of "or" nests too deep for the server's parser."""
    checked = [re.escape(checked_id(r, field="resident_id")) for r in resident_ids]
    return f"r.resident =~ /^({'|'.join(checked)})$/"


def _in_range(row: Quantity) -> str:
    limits = ((">=", row.low), ("<=", row.high))
    return "".join(f" and r._value {sign} {float(end)!r}" for sign, end in limits if isfinite(end))


def _ms(row: _Row) -> int:
    return from_rfc3339(row["_time"])


def _add_latest(out: dict[str, dict[str, Point]], rows: Sequence[_Row]) -> None:
    flags = {
        (r["resident"], r["device"], r["_field"].removesuffix(_QUALITY), r["_time"]): int(r["_value"])
        for r in rows
        if r["_field"].endswith(_QUALITY)
    }
    for r in rows:
        code = r["_field"]
        if not code.endswith(_QUALITY):
            quality = flags.get((r["resident"], r["device"], code, r["_time"]), 0)
            point = Point(_ms(r), float(r["_value"]), quality, r["device"])
            of_resident = out.setdefault(r["resident"], {})
            if code not in of_resident or of_resident[code] < point:
                of_resident[code] = point


def _merged(rows: Iterator[_Row], bucket_ms: int) -> list[Bucket]:
    """Join the answers of the four functions, and the devices that measured the same."""
    parts: dict[tuple[int, str], dict[str, float]] = {}
    for r in rows:
        at_ms = _ms(r)
        parts.setdefault((at_ms - at_ms % bucket_ms, r["device"]), {})[r["result"]] = float(r["_value"])
    out: dict[int, Bucket] = {}
    for (start_ms, _), p in sorted(parts.items()):
        old = out.get(start_ms, Bucket(start_ms, float("inf"), 0.0, float("-inf"), 0))
        samples = old.samples + int(p["count"])
        mean = (old.mean * old.samples + p["mean"] * p["count"]) / samples
        out[start_ms] = Bucket(start_ms, min(old.low, p["min"]), mean, max(old.high, p["max"]), samples)
    return list(out.values())


def _event(row: _Row) -> Event:
    return Event(
        kind=row["kind"],
        observed_at_ms=_ms(row),
        state="on" if row["state"] == "1" else "off",
        attributes=_attributes.decode(row["attributes"]),
        time_quality=TimeQuality(int(row["time_quality"])),
        quality=int(row["quality"]),
    )


def _waveform(code: str, at_ms: int, fields: Mapping[str, str]) -> Waveform:
    pieces: list[bytes] = []
    while (name := sample_field(len(pieces))) in fields:
        pieces.append(base64.b64decode(fields[name]))
    return Waveform(
        quantity=code,
        observed_at_ms=at_ms,
        sampling_rate_hz=float(fields["sampling_rate_hz"]),
        channels=_channels.decode(fields["channels"]),
        samples=b"".join(pieces),
        time_quality=TimeQuality(int(fields["time_quality"])),
        quality=int(fields["quality"]),
        position=fields["position"],
    )
