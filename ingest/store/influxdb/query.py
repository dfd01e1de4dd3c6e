"""InfluxDB 2.7, asked."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Mapping, Sequence
from itertools import chain

import msgspec
from influxdb_client.rest import ApiException
from sqlalchemy.exc import SQLAlchemyError
from urllib3.exceptions import HTTPError

from anhu.contract.clock import HOUR_MS
from anhu.contract.observation import AttributeValue, Event, TimeQuality, Waveform
from anhu.contract.quantities import quantity as known_quantity
from ingest.store.due_hours import NOTHING_KNOWN, Known, known_hours
from ingest.store.hour_plan import Plan, hours_of, joined, plan
from ingest.store.influxdb.buckets import hourly_parts, raw_parts
from ingest.store.influxdb.flux import FluxReader, Row, from_range, of_resident, one_of, time_ms
from ingest.store.influxdb.line_protocol import sample_field
from ingest.store.influxdb.settings import InfluxSettings
from ingest.store.marks import Marks
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
_EVER = "range(start: 1970-01-01T00:00:00Z, stop: 2262-01-01T00:00:00Z)"

_attributes = msgspec.json.Decoder(dict[str, AttributeValue])
_channels = msgspec.json.Decoder(tuple[str, ...])


class InfluxStoreQuery:
    """Answers from one bucket; may be used from any thread.

    Parameters
    ----------
    marks : Marks, optional
        Of the hours that are due; left out: those in the file that the settings name.
    """

    def __init__(self, settings: InfluxSettings, marks: Marks | None = None) -> None:
        self._settings, self._marks = settings, marks
        self._reader = FluxReader(settings)
        self._rows = self._reader.rows

    def latest(self, resident_ids: Sequence[str]) -> Mapping[str, Mapping[str, Point]]:
        """Return resident -> quantity -> newest number."""
        newest = self._rows(f'|> {_EVER} |> filter(fn: (r) => r._measurement == "store") |> last()')
        if not newest or not resident_ids:
            return {}
        newest_ms = int(newest[0]["_value"])
        within = Range(newest_ms - LATEST_WITHIN_MS, newest_ms + LATEST_AHEAD_MS + 1)
        out: dict[str, dict[str, Point]] = {}
        for first in range(0, len(resident_ids), _RESIDENTS_A_QUERY):
            asked = one_of("resident", resident_ids[first : first + _RESIDENTS_A_QUERY])
            flux = from_range("reading", within, f"{asked} and r._field !~ /_context$/")
            _add_latest(out, self._rows(f"{flux} |> last()"))
        return out

    def points(self, resident_id: str, quantity: str, within: Range, *, limit: int = 10_000) -> Sequence[Point]:
        """Return the first `limit` numbers of a quantity in a range."""
        if within.start_ms >= within.end_ms:
            return []
        row = known_quantity(quantity)
        fields = f'(r._field == "{row.code}" or r._field == "{row.code}{_QUALITY}")'
        flux = from_range("reading", within, f"{of_resident(resident_id)} and {fields}")
        rows = self._rows(f'{flux} |> limit(n: {limit}) |> keep(columns: ["_time", "_value", "_field", "device"])')
        flags = {(r["device"], r["_time"]): int(r["_value"]) for r in rows if r["_field"] != row.code}
        points = [
            Point(time_ms(r), float(r["_value"]), flags.get((r["device"], r["_time"]), 0), r["device"])
            for r in rows
            if r["_field"] == row.code
        ]
        return sorted(points)[:limit]

    def buckets(self, resident_id: str, quantity: str, within: Range, *, bucket_ms: int) -> Sequence[Bucket]:
        """Return low, mean, high per bucket; buckets of hours from hourly values."""
        if within.start_ms >= within.end_ms:
            return []
        row = known_quantity(quantity)
        whole = bucket_ms % HOUR_MS == 0
        chosen = plan(within, self._known(resident_id, within)) if whole else Plan([within], [])
        parts = [raw_parts(self._reader, resident_id, row, one, bucket_ms) for one in chosen.raw]
        parts += [hourly_parts(self._reader, resident_id, row, one, bucket_ms) for one in chosen.hourly]
        return joined(chain.from_iterable(parts))

    def events(self, resident_id: str, within: Range, *, limit: int = 1_000) -> Sequence[tuple[str, Event]]:
        """Return the last `limit` (device_id, event) of a range, oldest first."""
        if within.start_ms >= within.end_ms:
            return []
        rows = self._rows(
            f"{from_range('event', within, of_resident(resident_id))}"
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
        of_it = f'{of_resident(resident_id)} and r.quantity == "{row.code}"'
        lengths = self._rows(from_range("waveform", early, f'{of_it} and r._field == "duration_ms"'))
        found = sorted((time_ms(r), r["device"]) for r in lengths if time_ms(r) + int(r["_value"]) > within.start_ms)[
            -limit:
        ]
        if not found:
            return []
        rows = self._rows(from_range("waveform", Range(found[0][0], found[-1][0] + 1), of_it))
        fields: dict[tuple[int, str], dict[str, str]] = {key: {} for key in found}
        for r in rows:
            fields.get((time_ms(r), r["device"]), {})[r["_field"]] = r["_value"]
        return [(device, _waveform(row.code, at_ms, fields[at_ms, device])) for at_ms, device in found]

    def ping(self) -> str:
        """Return the store's name and version; unavailable also when the bucket is not there."""
        try:
            version = self._reader.client.version()
            bucket = self._reader.client.buckets_api().find_bucket_by_name(self._settings.bucket)
        except (ApiException, HTTPError, OSError) as error:
            raise self._reader.unavailable(error) from error
        if bucket is None:
            raise StoreUnavailableError(f"InfluxDB at {self._settings.url} has no bucket {self._settings.bucket!r}")
        return f"InfluxDB {version}"

    def close(self) -> None:
        """Close connections."""
        self._reader.close()

    def _known(self, resident_id: str, within: Range) -> Known:
        file = self._settings.hours_file
        hours = hours_of(within)
        try:
            if self._marks is not None:
                return self._marks.known(resident_id, hours)
            return known_hours(file, resident_id, hours) if file else NOTHING_KNOWN
        except (sqlite3.Error, SQLAlchemyError) as error:
            raise StoreUnavailableError(f"marks of due hours: {type(error).__name__}") from error


def _add_latest(out: dict[str, dict[str, Point]], rows: Sequence[Row]) -> None:
    flags = {
        (r["resident"], r["device"], r["_field"].removesuffix(_QUALITY), r["_time"]): int(r["_value"])
        for r in rows
        if r["_field"].endswith(_QUALITY)
    }
    for r in rows:
        code = r["_field"]
        if not code.endswith(_QUALITY):
            quality = flags.get((r["resident"], r["device"], code, r["_time"]), 0)
            point = Point(time_ms(r), float(r["_value"]), quality, r["device"])
            of_resident = out.setdefault(r["resident"], {})
            if code not in of_resident or of_resident[code] < point:
                of_resident[code] = point


def _event(row: Row) -> Event:
    return Event(
        kind=row["kind"],
        observed_at_ms=time_ms(row),
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
