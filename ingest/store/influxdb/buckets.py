"""Charts from InfluxDB: low, total, high and number per bucket, each aggregated in the store while it reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from anhu.contract.quantities import Quantity
from ingest.store.hour_plan import Part
from ingest.store.influxdb.flux import FluxReader, Row, from_range, in_range, of_resident, time_ms
from ingest.store.port import Range

OF_NUMBERS = {"low": "min", "total": "sum", "high": "max", "samples": "count"}
"""How each part is made of numbers."""
_OF_HOURS = {"low": "min", "total": "sum", "high": "max", "samples": "sum"}


def raw_parts(reader: FluxReader, resident_id: str, row: Quantity, within: Range, bucket_ms: int) -> Iterator[Part]:
    """Return parts made from the numbers; values out of range do not count."""
    source = from_range("reading", within, f'{of_resident(resident_id)} and r._field == "{row.code}"{in_range(row)}')
    return _aggregated(reader, dict.fromkeys(OF_NUMBERS, source), OF_NUMBERS, bucket_ms)


def hourly_parts(reader: FluxReader, resident_id: str, row: Quantity, within: Range, bucket_ms: int) -> Iterator[Part]:
    """Return parts made from the hourly values of whole hours."""
    resident = of_resident(resident_id)
    sources = {p: from_range("hour", within, f'{resident} and r._field == "{row.code}_{p}"') for p in _OF_HOURS}
    return _aggregated(reader, sources, _OF_HOURS, bucket_ms)


def _aggregated(
    reader: FluxReader, sources: Mapping[str, str], functions: Mapping[str, str], bucket_ms: int
) -> Iterator[Part]:
    """Ask for each part from its source: over a shared variable the server would not aggregate while it reads."""
    every = f'every: {bucket_ms}ms, createEmpty: false, timeSrc: "_start"'
    script = [
        f"{reader.source} {sources[part]} |> aggregateWindow(fn: {function}, {every})"
        f' |> keep(columns: ["_time", "_value", "device"]) |> yield(name: "{part}")'
        for part, function in functions.items()
    ]
    return _parts(reader.ask("\n".join(script)), bucket_ms)


def _parts(rows: Iterator[Row], bucket_ms: int) -> Iterator[Part]:
    found: dict[tuple[int, str], dict[str, float]] = {}
    for r in rows:
        at_ms = time_ms(r)
        found.setdefault((at_ms - at_ms % bucket_ms, r["device"]), {})[r["result"]] = float(r["_value"])
    for (start_ms, _), p in found.items():
        yield Part(start_ms, p["low"], p["total"], p["high"], int(p["samples"]))
