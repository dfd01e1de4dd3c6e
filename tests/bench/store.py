"""An InfluxDB of the measurement's own, and how much is in it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

from tests.services.influxdb import Influxd

VALUES = 3
"""In each of the generator's messages."""
_COUNT = """
from(bucket: "{bucket}") |> range(start: 2000-01-01T00:00:00Z, stop: 2100-01-01T00:00:00Z)
|> filter(fn: (r) => r._measurement == "{measurement}" and (r._field == "heart_rate" or r._field == "spo2"
   or r._field == "respiration_rate"))
|> count() |> group() |> sum()
"""


@contextmanager
def own_influxdb(folder: Path) -> Iterator[tuple[Influxd, dict[str, str]]]:
    """Start a server and return it with the platform's settings for it."""
    folder.mkdir()
    server = Influxd(folder)
    server.start()
    try:
        yield (
            server,
            {
                "store": "influxdb",
                "influxdb_url": server.url,
                "influxdb_org": server.org,
                "influxdb_token": server.token,
                "influxdb_bucket": server.new_bucket(),
            },
        )
    finally:
        server.process.stop()


class KeptInfluxdb(NamedTuple):
    """A server whose data may outlive it."""

    url: str
    org: str
    bucket: str
    token: str


@contextmanager
def kept_influxdb(folder: Path) -> Iterator[KeptInfluxdb]:
    """Start a server on a folder, with the bucket that an earlier one made there."""
    folder.mkdir(parents=True, exist_ok=True)
    server, known = Influxd(folder), folder / "known.json"
    if known.exists():
        server.token, bucket = json.loads(known.read_text("utf-8"))
        server.start()
    else:
        server.start()
        bucket = server.new_bucket()
        known.write_text(json.dumps([server.token, bucket]), "utf-8")
    try:
        yield KeptInfluxdb(server.url, server.org, bucket, server.token)
    finally:
        server.process.stop()


def stored_points(server: Influxd, bucket: str, measurement: str = "reading") -> int:
    """Return how many of the generator's values are stored."""
    answer = httpx.post(
        f"{server.url}/api/v2/query",
        params={"org": server.org},
        headers={"Authorization": f"Token {server.token}", "Content-Type": "application/vnd.flux"},
        content=_COUNT.format(bucket=bucket, measurement=measurement),
        timeout=300,
    ).raise_for_status()
    rows = list(csv.DictReader(answer.text.splitlines()))
    return sum(int(row["_value"]) for row in rows)
