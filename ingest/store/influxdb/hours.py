"""InfluxDB's hourly values: aggregated by the server, written back as points of the measurement ``hour``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from itertools import groupby
from sys import float_info

from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from anhu.contract.clock import HOUR_MS, Clock, from_rfc3339
from anhu.contract.quantities import QUANTITIES, Kind, of_kind
from ingest.store.due_hours import DeviceHour, DueHours, open_due_hours
from ingest.store.hour_plan import Part
from ingest.store.hourly import HourlyWork
from ingest.store.influxdb.buckets import OF_NUMBERS
from ingest.store.influxdb.flux import FluxReader, from_range, in_range, one_of, time_ms
from ingest.store.influxdb.line_protocol import hour_line
from ingest.store.influxdb.settings import MILLISECONDS, WRONG_DATA, InfluxSettings
from ingest.store.marks import Marks
from ingest.store.port import Range

_NUMBERS = f"r._field =~ /^({'|'.join(q.code for q in of_kind(Kind.SCALAR))})$/"
_SOMEBODYS = f'r.resident != "" and {_NUMBERS}'
_HOURS_A_QUESTION = 24

_NOTHING = Part(0, float_info.max, 0.0, -float_info.max, 0)  # changes no low and no high; InfluxDB has no infinity

_Found = dict[DeviceHour, dict[str, Part]]


class InfluxHours:
    """Makes hourly values from readings: a question or two for each day of a slice."""

    def __init__(self, settings: InfluxSettings) -> None:
        self._settings = settings
        self._reader = FluxReader(settings)
        self._writer = self._reader.client.write_api(write_options=SYNCHRONOUS)

    def put_together(self, hours: Sequence[DeviceHour]) -> None:
        """Make the hourly values of these hours anew."""
        for _, keys in groupby(hours, key=lambda key: key.hour // _HOURS_A_QUESTION):
            wanted = set(keys)
            found = self._sound(wanted)
            self._write(b"".join(hour_line(key, found[key]) for key in wanted if key in found))

    def devices_in(self, within: Range) -> Sequence[tuple[str, str]]:
        """Return (resident_id, device_id) of everything with numbers of a resident in a range."""
        flux = f'{from_range("reading", within, _SOMEBODYS)} |> last() |> keep(columns: ["resident", "device"])'
        return sorted({(r["resident"], r["device"]) for r in self._reader.rows(flux)})

    def newest_before(self, before_ms: int) -> int | None:
        """Return the time of the newest number of any resident before a time. [ms]."""
        flux = f'{from_range("reading", Range(0, before_ms), _SOMEBODYS)} |> last() |> keep(columns: ["_time"])'
        rows = self._reader.rows(f'{flux} |> group() |> sort(columns: ["_time"], desc: true) |> limit(n: 1)')
        return time_ms(rows[0]) if rows else None

    def close(self) -> None:
        """Close connections."""
        self._writer.close()
        self._reader.close()

    def _sound(self, wanted: AbstractSet[DeviceHour]) -> _Found:
        """Return the parts of some hours; values that a quantity cannot have are rare, so only then asked for again."""
        every = [key.hour for key in wanted]
        within = Range(min(every) * HOUR_MS, (max(every) + 1) * HOUR_MS)
        devices = one_of("device", sorted({key.device_id for key in wanted}))
        found = self._aggregated(within, f"{devices} and {_SOMEBODYS}")
        for code in {code for parts in found.values() for code, part in parts.items() if _doubtful(code, part)}:
            sound = self._aggregated(within, f'{devices} and r._field == "{code}"{in_range(QUANTITIES[code])}')
            for key, parts in found.items():
                if code in parts:
                    parts[code] = sound[key].get(code, _NOTHING)
        return found

    def _aggregated(self, within: Range, condition: str) -> _Found:
        """Ask for the parts of every hour of everything that a condition names, by device and quantity."""
        source = from_range("reading", within, condition)
        columns = '["resident", "device", "_field", "_time", "_value"]'
        script = [
            f"{self._reader.source} {source}"
            f' |> aggregateWindow(fn: {function}, every: 1h, createEmpty: false, timeSrc: "_start")'
            f' |> keep(columns: {columns}) |> yield(name: "{part}")'
            for part, function in OF_NUMBERS.items()
        ]
        numbers: dict[tuple[str, str, str, str], dict[str, float]] = defaultdict(dict)
        for r in self._reader.ask("\n".join(script)):
            numbers[r["resident"], r["_time"], r["device"], r["_field"]][r["result"]] = float(r["_value"])
        found: _Found = defaultdict(dict)
        for (resident_id, time, device_id, code), p in numbers.items():
            key = DeviceHour(resident_id, from_rfc3339(time) // HOUR_MS, device_id)
            found[key][code] = Part(0, p["low"], p["total"], p["high"], int(p["samples"]))
        return found

    def _write(self, lines: bytes) -> None:
        try:
            if lines:
                self._writer.write(self._settings.bucket, self._settings.org, lines, MILLISECONDS)
        except ApiException as error:
            if error.status not in WRONG_DATA:  # older than the bucket's retention: so are the numbers
                raise self._reader.unavailable(error) from error
        except (HTTPError, OSError) as error:
            raise self._reader.unavailable(error) from error


def _doubtful(code: str, part: Part) -> bool:
    row = QUANTITIES[code]
    return part.low < row.low or part.high > row.high


def influx_hourly_work(settings: InfluxSettings, clock: Clock, marks: Marks | None = None) -> HourlyWork:
    """Return the work on the hourly values of a bucket, by given marks or those in the file that its settings name."""
    if marks is None:
        if settings.hours_file is None:
            raise ValueError("hours_file: got None, expected the file of the marks")
        marks = DueHours(open_due_hours(settings.hours_file))
    return HourlyWork(marks, InfluxHours(settings), clock)
