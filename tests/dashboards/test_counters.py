from __future__ import annotations

from dataclasses import fields

from alerts.engine.engine import Engine
from dashboards.platform_health import CHARTS
from gateway.counters import IntakeCounters
from gateway.doors.broker.counters import BrokerCounters
from gateway.doors.http.counters import HttpCounters
from gateway.doors.mqtt.counters import MqttCounters
from ingest.worker import IngestWorker


def _of_gateway() -> set[str]:
    own = {field.name for field in fields(MqttCounters)} | {"connected", "sessions", "pending_bytes"}
    intake = {f"intake_{field.name}" for field in fields(IntakeCounters)}
    broker = {f"broker_{field.name}" for field in fields(BrokerCounters)} | {"broker_connected_now"}
    push = {f"push_{field.name}" for field in fields(HttpCounters)}
    return own | intake | broker | push | {"log_bytes", "log_dropped_unread"}


def test_every_counter_that_is_drawn_is_one_that_some_process_reports() -> None:
    described = f"{IngestWorker.counters.__doc__}{Engine.counters.__doc__}"
    drawn = {field for chart in CHARTS for field in chart.fields}
    assert {name for name in drawn - _of_gateway() if f"``{name}``" not in described} == set()
