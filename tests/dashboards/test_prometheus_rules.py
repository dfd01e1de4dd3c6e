"""Each alert rule fires on what it is for, by Prometheus' own rule tester, and none of them on a quiet day."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
import yaml

from tests.services.prometheus import find_promtool

RULES = Path(__file__).parents[2] / "dashboards" / "prometheus" / "anhu.rules.yml"
STAGE = 'anhu_stage_seconds_bucket{{stage="{stage}",priority="{priority}",le="{le}"}}'


class Case(NamedTuple):
    """What Prometheus sees each minute, and whom the alert that fires names."""

    alert: str
    series: dict[str, str]
    labels: Mapping[str, str] = MappingProxyType({})
    at: str = "20m"


def slow(stage: str, priority: str = "all") -> dict[str, str]:
    """Return ten a minute of which all are above five minutes."""
    ends = {"0.1": "0x60", "30.0": "0x60", "60.0": "0x60", "300.0": "0x60", "+Inf": "0+10x60"}
    return {STAGE.format(stage=stage, priority=priority, le=le): values for le, values in ends.items()}


def late_loop() -> dict[str, str]:
    ends = {"1.0": "0x60", "2.5": "0+10x60", "+Inf": "0+10x60"}
    return {f'anhu_loop_lag_seconds_bucket{{process="api",le="{le}"}}': values for le, values in ends.items()}


def used(connections: int) -> dict[str, str]:
    of = 'anhu_database_connections{{process="api",instance="i",state="{}"}}'
    return {of.format("used"): f"{connections}x60", of.format("most"): "10x60"}


OF_API = {"process": "api"}
CASES = (
    Case("AnhuDoesNotAnswer", {'up{job="anhu"}': "0x60"}, {"job": "anhu"}),
    Case("AnhuProcessSilent", {'anhu_process_up{process="api"}': "0x60"}, OF_API),
    Case("AnhuHeartbeatLost", {"anhu_watcher_failing_since_timestamp_seconds": "5x60"}),
    Case("AnhuHeartbeatSlow", {"anhu_watcher_phone_seconds": "6x60"}),
    Case("AnhuNobodyCanBeTold", {"anhu_alarms_untold": "1x60"}),
    Case(
        "AnhuAlarmUnanswered",
        {'anhu_alarms_oldest_unanswered_seconds{priority="high"}': "301x60"},
        {"priority": "high"},
    ),
    Case("AnhuMessagesLate", {"anhu_outbox_late_seconds": "61x60"}),
    Case("AnhuEngineBehind", {"anhu_alerts_backlog_bytes": "67108865x60"}),
    Case("AnhuStoreBehind", {"anhu_ingest_stuck_seconds": "61x60"}),
    Case("AnhuOutsideNotTold", {"anhu_watcher_deadman_failing": "4x60"}),
    Case("AnhuInstanceDoesNotAnswer", {'up{job="anhu-processes"}': "0x60"}, {"job": "anhu-processes"}),
    Case(
        "AnhuPartitionUnowned",
        {
            'anhu_alerts_partitions{instance="a"}': "48x60",
            'anhu_alerts_shards{instance="a"}': "24x60",
            'anhu_alerts_shards{instance="b"}': "23x60",
        },
    ),
    Case("AnhuPartitionUnowned", {'anhu_alerts_partitions{instance="a"}': "48x60"}),
    Case(  # the pages say of all what each says of itself: nothing is counted twice
        "AnhuPartitionUnowned",
        {
            'anhu_alerts_partitions{job="anhu-processes",instance="a"}': "48x60",
            'anhu_alerts_shards{job="anhu-processes",instance="a"}': "24x60",
            'anhu_alerts_partitions{job="anhu",member="a"}': "48x60",
            'anhu_alerts_shards{job="anhu",member="a"}': "24x60",
            'anhu_alerts_shards{job="anhu",member="b"}': "24x60",
        },
        {"job": "anhu-processes"},
    ),
    Case(
        "AnhuPartitionUnowned",
        {
            "anhu_watcher_partitions_unread": "6x60",
            'anhu_alerts_partitions{instance="a"}': "48x60",
            'anhu_alerts_shards{instance="a"}': "48x60",
        },
    ),
    Case("AnhuPartitionUnowned", {"anhu_watcher_partitions_unread": "48x60"}),
    Case("AnhuCallsLate", {'anhu_alerts_lag_seconds{process="alerts"}': "11x60"}, {"process": "alerts"}),
    Case("AnhuLogSlow", slow("received_to_log")),
    Case("AnhuAlarmSlow", slow("received_to_outbox", "high")),
    Case("AnhuSendingSlow", slow("outbox_to_sent", "high")),
    Case("AnhuReceiptsSlow", slow("sent_to_receipt", "low")),
    Case("AnhuLogRefuses", {"anhu_gateway_intake_log_failures_total": "0x19 5x40"}),
    Case("AnhuLogDropsUnread", {"anhu_gateway_log_dropped_unread_total": "0x15 5x40"}),
    Case("AnhuLogDropsUnread", {"anhu_alerts_log_dropped_unread_total": "0x15 5x40"}),
    Case("AnhuLogDropsUnread", {"anhu_ingest_log_dropped_unread_total": "0x15 5x40"}),
    Case("AnhuLogAway", {'anhu_alerts_log_away_seconds{process="alerts"}': "31x60"}, {"process": "alerts"}),
    Case("AnhuLogNewSession", {"anhu_gateway_log_new_sessions_total": "0x15 1x40"}),
    Case("AnhuDiskFills", {"anhu_data_free_bytes": "2000000000x60", "anhu_data_size_bytes": "10000000000x60"}),
    Case(
        "AnhuDiskFills",
        {"anhu_data_free_bytes": "9000000000-60000000x60", "anhu_data_size_bytes": "100000000000x60"},
    ),
    Case("AnhuCertificateEnds", {"anhu_certificate_end_timestamp_seconds": "1000000x60"}),
    Case("AnhuLoopLate", late_loop(), OF_API),
    Case("AnhuDatabaseBusy", used(10), OF_API),
)
QUIET = {
    'up{job="anhu"}': "1x60",
    'up{job="anhu-processes"}': "1x60",
    'anhu_process_up{process="api"}': "1x60",
    "anhu_watcher_failing_since_timestamp_seconds": "0x60",
    "anhu_watcher_phone_seconds": "0.2x60",
    "anhu_watcher_deadman_failing": "0x60",
    "anhu_alarms_untold": "0x60",
    'anhu_alarms_oldest_unanswered_seconds{priority="high"}': "100x60",
    "anhu_outbox_late_seconds": "2x60",
    "anhu_alerts_backlog_bytes": "100x60",
    "anhu_alerts_lag_seconds": "0.4x60",
    "anhu_ingest_stuck_seconds": "0x60",
    "anhu_ingest_backlog_bytes": "100x60",
    "anhu_alerts_partitions": "48x60",
    "anhu_alerts_shards": "48x60",
    "anhu_watcher_partitions_unread": "0x60",
    "anhu_gateway_intake_log_failures_total": "7x60",
    "anhu_gateway_log_dropped_unread_total": "7x60",
    "anhu_alerts_log_dropped_unread_total": "7x60",
    "anhu_alerts_log_away_seconds": "0x60",
    "anhu_gateway_log_new_sessions_total": "1x60",
    "anhu_data_free_bytes": "90000000000x60",
    "anhu_data_size_bytes": "100000000000x60",
    "anhu_certificate_end_timestamp_seconds": "9000000x60",
    STAGE.format(stage="received_to_log", priority="all", le="0.1"): "0+10x60",
    STAGE.format(stage="received_to_log", priority="all", le="+Inf"): "0+10x60",
    STAGE.format(stage="received_to_outbox", priority="high", le="0.1"): "0+10x60",
    STAGE.format(stage="received_to_outbox", priority="high", le="+Inf"): "0+10x60",
    **used(2),
}


def rules() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(RULES.read_text("utf-8"))["groups"][0]["rules"]
    return found


def complaints(folder: Path, series: dict[str, str], at: str, expected: Mapping[str, Mapping[str, str]]) -> str:
    """Let Prometheus' tester look at every alert; return what it complains about."""
    plain = [{key: value for key, value in rule.items() if key != "annotations"} for rule in rules()]
    (folder / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "anhu", "rules": plain}]}), "utf-8")
    looked = [
        {
            "eval_time": at,
            "alertname": rule["alert"],
            "exp_alerts": [{"exp_labels": {**rule["labels"], **expected[rule["alert"]]}}]
            if rule["alert"] in expected
            else [],
        }
        for rule in plain
    ]
    one = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "alert_rule_test": looked,
    }
    file = folder / "test.yml"
    file.write_text(yaml.safe_dump({"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": [one]}), "utf-8")
    ran = subprocess.run([find_promtool(), "test", "rules", file], capture_output=True, check=False, text=True)
    return "" if ran.returncode == 0 else ran.stdout + ran.stderr


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.alert)
def test_it_fires_on_what_it_is_for_and_no_other_does(tmp_path: Path, case: Case) -> None:
    assert complaints(tmp_path, case.series, case.at, {case.alert: case.labels}) == ""


def test_none_fires_on_a_quiet_day(tmp_path: Path) -> None:
    assert complaints(tmp_path, QUIET, "20m", {}) == ""


def test_every_rule_has_a_case_and_says_whom_it_calls() -> None:
    assert {rule["alert"] for rule in rules()} == {case.alert for case in CASES}
    assert {rule["labels"]["severity"] for rule in rules()} == {"page", "ticket"}
    assert all(rule["annotations"]["summary"] for rule in rules())
