"""Questions to InfluxDB in Flux, and their answers as rows. Identities are checked before they stand in a query."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite

import msgspec
from influxdb_client.domain.dialect import Dialect
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from anhu.contract.clock import from_rfc3339, to_rfc3339
from anhu.contract.identity import checked_id
from anhu.contract.quantities import Quantity
from ingest.store.influxdb.settings import InfluxSettings, answer_text
from ingest.store.port import Range, StoreUnavailableError

_PLAIN_CSV = Dialect(header=True, annotations=[], delimiter=",")

Row = Mapping[str, str]


class FluxReader:
    """Asks one bucket; may be used from any thread.

    Attributes
    ----------
    source : str
        The beginning of every query: the bucket.
    """

    def __init__(self, settings: InfluxSettings) -> None:
        self._settings = settings
        self.client = settings.client()
        self._api = self.client.query_api()
        self.source = f"from(bucket: {msgspec.json.encode(settings.bucket).decode()})"

    def rows(self, flux: str) -> list[Row]:
        """Return the rows of what is piped from the bucket. Raises `StoreUnavailableError`."""
        return list(self.ask(f"{self.source} {flux}"))

    def ask(self, script: str) -> Iterator[Row]:
        """Run a script and yield its rows; a table with other columns brings its own head line.

        Raises
        ------
        StoreUnavailableError
            When there is no answer.
        """
        try:
            head: list[str] = []
            for line in self._api.query_csv(script, dialect=_PLAIN_CSV):
                if line[1:3] == ["result", "table"]:
                    head = line
                elif len(line) == len(head):
                    yield dict(zip(head, line, strict=True))
        except (ApiException, HTTPError, OSError) as error:
            raise self.unavailable(error) from error

    def unavailable(self, error: Exception) -> StoreUnavailableError:
        """Say why there is no answer."""
        why = answer_text(error) if isinstance(error, ApiException) and error.status else str(error)
        return StoreUnavailableError(f"InfluxDB at {self._settings.url}: {why}")

    def close(self) -> None:
        """Close connections."""
        self.client.close()


def from_range(measurement: str, within: Range, condition: str) -> str:
    """Pipe the rows of a measurement and a range for which a condition holds."""
    times = f"start: {to_rfc3339(within.start_ms)}, stop: {to_rfc3339(within.end_ms)}"
    return f'|> range({times}) |> filter(fn: (r) => r._measurement == "{measurement}" and {condition})'


def of_resident(resident_id: str) -> str:
    """Return the condition that names one resident. Raises `FieldError` for what is no identity."""
    return f'r.resident == "{checked_id(resident_id, field="resident_id")}"'


def one_of(tag: str, identities: Sequence[str]) -> str:
    """Name many identities in one pattern: a chain of "or" nests too deep for the server's parser."""
    checked = [re.escape(checked_id(one, field=tag)) for one in identities]
    return f"r.{tag} =~ /^({'|'.join(checked)})$/"


def in_range(row: Quantity) -> str:
    """Continue a condition: only values that a quantity can have."""
    limits = ((">=", row.low), ("<=", row.high))
    return "".join(f" and r._value {sign} {float(end)!r}" for sign, end in limits if isfinite(end))


def time_ms(row: Row) -> int:
    """Return a row's time. [ms]."""
    return from_rfc3339(row["_time"])
