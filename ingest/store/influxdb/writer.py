"""InfluxDB 2.7, written: line protocol made by hand, posted through the official client, every refusal sorted.

How long data is kept is the bucket's own retention period, waveforms apart, which go sooner; points older than it are
refused and become dead letters.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from http import HTTPStatus

from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException
from sqlalchemy.exc import SQLAlchemyError
from urllib3.exceptions import HTTPError

from anhu.contract.clock import DAY_MS, to_rfc3339
from anhu.contract.identity import checked_id
from ingest.store.due_hours import DueHours, open_due_hours, touched
from ingest.store.influxdb.line_protocol import lines, newest_line, platform_line
from ingest.store.influxdb.query import InfluxStoreQuery
from ingest.store.influxdb.settings import MILLISECONDS, WRONG_DATA, InfluxSettings, answer_text
from ingest.store.marks import Marks
from ingest.store.port import PlatformRow, Stored, StoreUnavailableError, WriteResult
from ingest.store.refusal import refusal

__all__ = ["InfluxSettings", "InfluxStoreQuery", "InfluxStoreWriter"]

logger = logging.getLogger(__name__)
_EVER = ("1970-01-01T00:00:00Z", "2262-01-01T00:00:00Z")
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
    """Writes batches; a refused batch is halved until the refused readings stand alone.

    Parameters
    ----------
    marks : Marks, optional
        Where hours are marked; left out: in the file that the settings name, or nowhere.
    """

    def __init__(self, settings: InfluxSettings, marks: Marks | None = None) -> None:
        self._settings = settings
        self._client = settings.client()
        self._api = self._client.write_api(write_options=SYNCHRONOUS)
        self._file = open_due_hours(settings.hours_file) if settings.hours_file and marks is None else None
        self._due = marks if self._file is None else DueHours(self._file)
        self._pruned_ms = 0

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
        except (sqlite3.Error, SQLAlchemyError) as error:
            return WriteResult(retry_after_s=_RETRY_S, reason=f"marks of due hours: {error}")
        return WriteResult(rejected=rejected)

    def write_platform(self, rows: Sequence[PlatformRow]) -> None:
        """Write health rows; whatever refuses them loses them."""
        try:
            self._post(b"".join(platform_line(row) for row in rows))
        except (_RetryError, ApiException):
            return

    def prune(self, *, points_before_ms: int, waveforms_before_ms: int) -> int:  # noqa: ARG002 - the port's signature
        """Delete waveforms that are older; numbers and events are kept as long as the bucket's retention says.

        Returns 0: the server does not say how much there was.
        """
        span = (to_rfc3339(self._pruned_ms), to_rfc3339(waveforms_before_ms))
        try:
            self._delete(span, '_measurement="waveform"')
            self._pruned_ms = max(waveforms_before_ms - DAY_MS, 0)  # what came late since is found, too
        except StoreUnavailableError as error:
            logger.warning("old waveforms are still there, the next hour tries again: %s", error)
        return 0

    def erase(self, resident_id: str) -> None:
        """Delete every point of a resident, hourly values too."""
        self._delete(_EVER, f'resident="{checked_id(resident_id, field="resident_id")}"')
        try:
            if self._due is not None:
                self._due.forget(resident_id)
        except (sqlite3.Error, SQLAlchemyError) as error:
            raise StoreUnavailableError(f"marks of due hours: {type(error).__name__}") from error

    def close(self) -> None:
        """Close connections."""
        self._api.close()
        self._client.close()
        if self._file is not None:
            self._file.close()

    def _delete(self, span: tuple[str, str], condition: str) -> None:
        at = f"InfluxDB at {self._settings.url}"
        try:
            self._client.delete_api().delete(*span, condition, self._settings.bucket, self._settings.org)
        except ApiException as error:
            raise StoreUnavailableError(f"{at}: {answer_text(error)}") from error
        except (HTTPError, OSError) as error:
            raise StoreUnavailableError(f"{at} does not answer: {error}") from error

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
