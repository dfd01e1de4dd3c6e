"""A real InfluxDB with two residents, two centres and two processes in it, asked as Grafana would ask."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from influxdb_client.client.flux_table import FluxRecord

from anhu.contract.clock import SECOND_MS
from ingest.store.influxdb.writer import InfluxSettings, InfluxStoreWriter
from tests.dashboards.stored import Ask, health, readings
from tests.services.influxdb import InfluxDB

AN_HOUR_S = 3_600


@pytest.fixture(scope="module")
def ask(influxdb: InfluxDB) -> Iterator[Ask]:
    """Run a query over the last hour, with Grafana's variables filled in as Grafana fills them in."""
    bucket, now_s = influxdb.new_bucket(), int(time.time())
    shown = {
        "v.timeRangeStart": _rfc3339(now_s - AN_HOUR_S),
        "v.timeRangeStop": _rfc3339(now_s),
        "v.windowPeriod": "60000ms",
        "v.defaultBucket": f'"{bucket}"',
    }
    settings = InfluxSettings(url=influxdb.url, org=influxdb.org, bucket=bucket, token=influxdb.token)
    _fill(settings, now_s * SECOND_MS)
    with settings.client() as client:

        def asked(query: str, **variables: str) -> list[FluxRecord]:
            filled = _interpolated(query, {"resident": "r-1", **variables})
            for macro, value in shown.items():
                filled = filled.replace(macro, value)
            return [record for table in client.query_api().query(filled) for record in table.records]

        yield asked


def _fill(settings: InfluxSettings, now_ms: int) -> None:
    writer = InfluxStoreWriter(settings)
    result = writer.write(list(readings(now_ms)))
    writer.write_platform(list(health(now_ms)))
    writer.close()
    assert (list(result.rejected), result.retry_after_s) == ([], None), result.reason


def _interpolated(query: str, variables: dict[str, str]) -> str:
    """Fill in ``${name}`` as it is and ``${name:regex}`` escaped; a variable nobody chose stands for all."""

    def value(match: re.Match[str]) -> str:
        name, form = match["name"], match["form"]
        if name not in variables:
            assert form == "regex", f"{name} has no value for all"
            return ".*"
        return re.sub(r"([\\^$*+?.()|[\]{}/])", r"\\\1", variables[name]) if form == "regex" else variables[name]

    return re.sub(r"\$\{(?P<name>\w+)(?::(?P<form>\w+))?\}", value, query)


def _rfc3339(time_s: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time_s))
