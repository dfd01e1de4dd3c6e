"""Many devices through the front door into InfluxDB, everything on: durable PUBACK, quality checks, alert rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bench.load import load
from tests.bench.null_sink import null_sink
from tests.bench.platform import Platform, running
from tests.bench.report import Options, Report
from tests.bench.route import Measurement
from tests.bench.store import VALUES, own_influxdb, stored_points
from tests.services.influxdb import Influxd

_DEVICES = 1_000


class _FrontDoor:
    """Device -> front door -> LOG -> ingest -> InfluxDB, and the alert engine beside it."""

    name = "ingest-influxdb"

    def __init__(self, platform: Platform, influxdb: Influxd) -> None:
        self._platform = platform
        self._stages = platform.stages() | {"influxd": [influxdb.process.pid]}

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
        with own_influxdb(place / "influxdb") as (influxdb, settings):
            with running(place, devices, **settings) as (platform, who), load(platform.mqtt_port, who) as sender:
                route = _FrontDoor(platform, influxdb)
                measurement = Measurement(route, sender, report)
                measurement.measure(options)
            lost = VALUES * measurement.acked - stored_points(influxdb, settings["influxdb_bucket"])
        report.add(route.name, "values acknowledged and not stored", "values", lost)
        with null_sink() as port, load(port, who) as sender:
            sent = sender.run(1_000_000, 1 if options.quick else 5)
        report.add(route.name, "generator alone, against a null sink", "messages/s", sent.acked / sent.s)
