"""The same devices through a broker that is already there: Mosquitto, then the gateway's subscriber, into InfluxDB."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bench.load import load
from tests.bench.platform import Platform, running
from tests.bench.report import Options, Report
from tests.bench.route import Measurement
from tests.bench.store import VALUES, own_influxdb, stored_points
from tests.services.influxdb import Influxd
from tests.services.mosquitto import Mosquitto

_DEVICES = 1_000
# The broker's own default of 20 messages in flight would be measured instead.
BROKER = "max_inflight_messages 2000\nmax_queued_messages 0\npersistence false\n"


class _Broker:
    """Device -> Mosquitto -> subscriber -> LOG -> ingest -> InfluxDB."""

    name = "ingest-mosquitto"

    def __init__(self, platform: Platform, influxdb: Influxd, broker: Mosquitto) -> None:
        self._platform = platform
        self._stages = platform.stages() | {"influxd": [influxdb.process.pid], "mosquitto": [broker.pid]}

    def stages(self) -> Mapping[str, Sequence[int]]:
        return self._stages

    def catch_up(self, within_s: float) -> float:
        return self._platform.catch_up(within_s)


def measure(options: Options, report: Report, folder: Path) -> None:
    """Measure a fresh installation each run; at the end count what is stored against what was acknowledged."""
    devices = 50 if options.quick else _DEVICES
    for run in range(options.runs):
        place = folder / str(run)
        place.mkdir()
        broker = Mosquitto(place, BROKER)
        broker.start()
        with own_influxdb(place / "influxdb") as (influxdb, settings):
            url = f"mqtt://{broker.host}:{broker.port}"
            with running(place, devices, broker_url=url, **settings) as (platform, who), load(broker.port, who) as one:
                route = _Broker(platform, influxdb, broker)
                measurement = Measurement(route, one, report)
                measurement.measure(options)
            lost = VALUES * measurement.acked - stored_points(influxdb, settings["influxdb_bucket"])
        broker.stop()
        report.add(route.name, "values acknowledged by the broker and not stored", "values", lost)
