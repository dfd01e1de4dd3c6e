"""Where the InfluxDB store is, the client made from that, and the text of its refusals."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import cast

import msgspec
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.domain.write_precision import WritePrecision
from influxdb_client.rest import ApiException

MILLISECONDS = cast("WritePrecision", WritePrecision.MS)  # the client declares its texts as another type
WRONG_DATA = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})
"""Answers to a write that say: the data is at fault, or older than the bucket keeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InfluxSettings:
    """Where the store is.

    Attributes
    ----------
    token : str
        May read and write the bucket; never shown.
    hours_file : Path, optional
        SQLite file with the hours that are due (`due_hours`); without it nothing is marked and charts read numbers.
    timeout_s : float
        Of one request. [s]
    """

    url: str
    org: str
    bucket: str
    token: str = field(repr=False)
    hours_file: Path | None = None
    timeout_s: float = 10.0

    def client(self) -> InfluxDBClient:
        """Make a client that leaves trying again to its caller."""
        return InfluxDBClient(
            url=self.url, token=self.token, org=self.org, timeout=round(self.timeout_s * 1_000), retries=False
        )


def answer_text(error: ApiException) -> str:
    """Return what the server said was wrong."""
    try:
        return str(msgspec.json.decode(error.body or b"")["message"])
    except (msgspec.DecodeError, KeyError, TypeError):
        return f"{error.status} {error.reason}"
