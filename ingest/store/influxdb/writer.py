"""InfluxDB 2.7, written: line protocol made by hand, posted through the official client, every refusal sorted.

How long data is kept is the bucket's own retention period; points older than it are refused and become dead letters.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from http import HTTPStatus

from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from ingest.store.due_hours import DueHours, open_due_hours, touched
from ingest.store.influxdb.line_protocol import lines, newest_line, platform_line
from ingest.store.influxdb.query import InfluxStoreQuery
from ingest.store.influxdb.settings import MILLISECONDS, WRONG_DATA, InfluxSettings, answer_text
from ingest.store.port import PlatformRow, Stored, WriteResult
from ingest.store.refusal import refusal

__all__ = ["InfluxSettings", "InfluxStoreQuery", "InfluxStoreWriter"]

_RETRY_S = 1.0
_RETRY_SETTINGS_S = 15.0  # somebody has to change something: a token, a bucket
_TOO_LARGE = HTTPStatus.REQUEST_ENTITY_TOO_LARGE

_Encoded = tuple[Stored, bytes]
_Rejected = list[tuple[Stored, str]]


class _RetryError(Exception):
    """The store cannot take a batch now."""

    def __init__(self, reason: str, after_s: float) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after_s = after_s


class InfluxStoreWriter:
    """Writes batches; a refused batch is halved until the refused readings stand alone."""

    def __init__(self, settings: InfluxSettings) -> None:
        self._settings = settings
        self._client = settings.client()
        self._api = self._client.write_api(write_options=SYNCHRONOUS)
        self._marks = open_due_hours(settings.hours_file) if settings.hours_file else None
        self._due = DueHours(self._marks) if self._marks else None

    def write(self, readings: Sequence[Stored]) -> WriteResult:
        """Write a batch; good readings get in whatever stands beside them, and their hours are marked."""
        rejected: _Rejected = []
        encoded: list[_Encoded] = []
        for reading in readings:
            if reason := refusal(reading):
                rejected.append((reading, reason))
            else:
                encoded.append((reading, lines(reading)))
        if not encoded:
            return WriteResult(rejected=rejected)
        try:
            self._write(encoded, rejected)
            if self._due is not None:
                self._due.mark(touched(readings))
            with suppress(ApiException):  # the mark is older than the retention: so is all of the batch
                self._post(newest_line([reading for reading, _ in encoded]))
        except _RetryError as error:
            return WriteResult(retry_after_s=error.after_s, reason=error.reason)
        except sqlite3.Error as error:
            return WriteResult(retry_after_s=_RETRY_S, reason=f"{self._settings.hours_file}: {error}")
        return WriteResult(rejected=rejected)

    def write_platform(self, rows: Sequence[PlatformRow]) -> None:
        """Write health rows; whatever refuses them loses them."""
        try:
            self._post(b"".join(platform_line(row) for row in rows))
        except (_RetryError, ApiException):
            return

    def prune(self, *, points_before_ms: int, waveforms_before_ms: int) -> int:  # noqa: ARG002 - the port's signature
        """Delete nothing: the bucket's retention does it."""
        return 0

    def close(self) -> None:
        """Close connections."""
        self._api.close()
        self._client.close()
        if self._marks is not None:
            self._marks.close()

    def _write(self, batch: Sequence[_Encoded], rejected: _Rejected) -> None:
        try:
            self._post(b"".join(line for _, line in batch))
        except ApiException as error:
            if len(batch) == 1:
                rejected.append((batch[0][0], answer_text(error)))
                return
            middle = len(batch) // 2
            self._write(batch[:middle], rejected)
            self._write(batch[middle:], rejected)

    def _post(self, body: bytes) -> None:
        """Send lines. Raises _RetryError, or ApiException when the data is at fault."""
        try:
            self._api.write(self._settings.bucket, self._settings.org, body, MILLISECONDS)
        except ApiException as error:
            if error.status != _TOO_LARGE and error.status not in WRONG_DATA:
                raise self._retry(error) from error
            raise
        except (HTTPError, OSError) as error:
            raise _RetryError(f"InfluxDB at {self._settings.url} does not answer: {error}", _RETRY_S) from error

    def _retry(self, error: ApiException) -> _RetryError:
        at = f"InfluxDB at {self._settings.url}"
        match error.status:
            case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
                reason = f"{at} refuses the token for bucket {self._settings.bucket!r}: {answer_text(error)}"
                return _RetryError(reason, _RETRY_SETTINGS_S)
            case HTTPStatus.NOT_FOUND:
                reason = f"{at} has no bucket {self._settings.bucket!r} of organisation {self._settings.org!r}"
                return _RetryError(f"{reason}: {answer_text(error)}", _RETRY_SETTINGS_S)
            case _:
                return _RetryError(f"{at} answers {error.status}: {answer_text(error)}", _retry_after_s(error))


def _retry_after_s(error: ApiException) -> float:
    """Return what the server asks for; a date or nonsense counts as nothing asked. [s]."""
    asked = error.headers.get("Retry-After", "") if error.headers else ""
    return max(float(asked), _RETRY_S) if asked.isdecimal() else _RETRY_S
