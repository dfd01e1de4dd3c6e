"""Telegraf on the same broker and InfluxDB, driven by the same generator: it stores, and neither checks nor alerts."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from simulators.credential import Credential
from tests.bench.load import load
from tests.bench.report import Options, Report
from tests.bench.route import Measurement
from tests.bench.scenarios.ingest_mosquitto import BROKER
from tests.bench.store import VALUES, own_influxdb, stored_points
from tests.services.influxdb import Influxd
from tests.services.mosquitto import Mosquitto
from tests.services.process import ServiceProcess
from tests.services.telegraf_build import TELEGRAF

_DEVICES = 1_000
_LOOK_S = 0.5
_CONFIG = """
[agent]
  interval = "1s"
  flush_interval = "1s"
  metric_batch_size = 5000
  metric_buffer_limit = 1000000
  omit_hostname = true
[[inputs.mqtt_consumer]]
  servers = ["tcp://{host}:{port}"]
  topics = ["anhu/v1/+/up"]
  qos = 1
  persistent_session = true
  client_id = "telegraf"
  max_undelivered_messages = 20000
  data_format = "json_v2"
  [[inputs.mqtt_consumer.topic_parsing]]
    topic = "anhu/v1/+/up"
    tags = "_/_/device/_"
  [[inputs.mqtt_consumer.json_v2]]
    measurement_name = "reading"
    timestamp_path = "time"
    timestamp_format = "unix_ms"
    [[inputs.mqtt_consumer.json_v2.object]]
      path = "values"
[[outputs.influxdb_v2]]
  urls = ["{url}"]
  token = "{token}"
  organization = "{org}"
  bucket = "{bucket}"
"""


class _Telegraf:
    """Device -> Mosquitto -> Telegraf -> InfluxDB."""

    name = "telegraf"

    def __init__(self, telegraf: ServiceProcess, influxdb: Influxd, broker: Mosquitto, bucket: str) -> None:
        self._influxdb, self._bucket = influxdb, bucket
        self._pids = {"telegraf": [telegraf.pid], "influxd": [influxdb.process.pid], "mosquitto": [broker.pid]}

    def stages(self) -> Mapping[str, Sequence[int]]:
        return self._pids

    def catch_up(self, within_s: float) -> float:
        """Wait until the number of stored values stands still; Telegraf does not say how far it is. [s]."""
        began_s, stood_s, last = time.monotonic(), time.monotonic(), -1
        while time.monotonic() - began_s < within_s:
            now = stored_points(self._influxdb, self._bucket)
            if now != last:
                last, stood_s = now, time.monotonic()
            elif time.monotonic() - stood_s > 4 * _LOOK_S:
                return stood_s - began_s
            time.sleep(_LOOK_S)
        raise TimeoutError("Telegraf did not catch up")


def measure(options: Options, report: Report, folder: Path) -> None:
    """Measure a fresh Telegraf each run; at the end count what is stored against what the broker acknowledged."""
    program = TELEGRAF.path()
    who = [Credential(f"dev-{n:04}", "s") for n in range(50 if options.quick else _DEVICES)]
    for run in range(options.runs):
        place = folder / str(run)
        place.mkdir()
        broker = Mosquitto(place, BROKER)
        broker.start()
        with own_influxdb(place / "influxdb") as (influxdb, found):
            bucket, log = found["influxdb_bucket"], place / "telegraf.log"
            known = {"host": broker.host, "port": broker.port, "url": influxdb.url, "token": influxdb.token}
            config = place / "telegraf.conf"
            config.write_text(_CONFIG.format(**known, org=influxdb.org, bucket=bucket), "utf-8")
            telegraf = ServiceProcess([program, "--config", config], log=log, ready=partial(_connected, log))
            telegraf.start()
            try:
                with load(broker.port, who) as sender:
                    route = _Telegraf(telegraf, influxdb, broker, bucket)
                    measurement = Measurement(route, sender, report)
                    measurement.measure(options)
            finally:
                telegraf.stop()
            lost = VALUES * measurement.acked - stored_points(influxdb, bucket)
        broker.stop()
        report.add(route.name, "values acknowledged by the broker and not stored", "values", lost)


def _connected(log: Path) -> bool:
    return log.exists() and "Connected" in log.read_text("utf-8")
