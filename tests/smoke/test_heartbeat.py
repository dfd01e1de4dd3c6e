"""The platform calls itself, and a real Prometheus and somebody outside learn of it when the call does not arrive."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.services.prometheus import Prometheus, find_promtool
from tests.services.web_listener import WebListener
from tests.smoke.installation import Installation, until

RULES = Path(__file__).parents[2] / "dashboards" / "prometheus" / "anhu.rules.yml"


def told(installation: Installation) -> dict[str, Any]:
    """Return what the watcher last said."""
    file = installation.data / "status" / "watcher.json"
    counters: dict[str, Any] = json.loads(file.read_text())["counters"] if file.exists() else {}
    return counters


def impatient(folder: Path) -> Path:
    """Return the rules as they are, but for how long they wait."""
    rules = yaml.safe_load(RULES.read_text("utf-8"))
    for rule in rules["groups"][0]["rules"]:
        rule.pop("for", None)
    file = folder / "rules.yml"
    file.write_text(yaml.safe_dump(rules), "utf-8")
    return file


def pid_of(installation: Installation, process: str) -> int:
    return int(json.loads((installation.data / "status" / f"{process}.json").read_text())["pid"])


def metrics(installation: Installation, token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"http://127.0.0.1:{installation.port}/metrics", headers=headers)


@pytest.fixture
def outside() -> Iterator[WebListener]:
    with WebListener() as listener:
        yield listener


def test_a_call_that_stops_arriving_is_seen_by_prometheus_the_desk_and_outside(
    tmp_path: Path, outside: WebListener
) -> None:
    installation = Installation(tmp_path, heartbeat_s="2", deadman_url=f"{outside.url}/well")
    installation.log_in()
    token = installation.admin("create-token", login="chief")["token"]
    installation.start()
    try:
        until(lambda: outside.asked, installation.log)
        until(lambda: told(installation).get("phone_ms"), installation.log)
        linted = subprocess.run(
            [find_promtool(), "check", "metrics"],
            input=metrics(installation, token).content,
            capture_output=True,
            check=False,
        )
        assert (linted.returncode, linted.stdout + linted.stderr) == (0, b"")
        folder = tmp_path / "prometheus"
        folder.mkdir()
        with Prometheus(folder, installation.port, token=token, rules=impatient(folder)) as prometheus:
            until(lambda: prometheus.query("anhu_process_up"), installation.log)
            assert [one["health"] for one in prometheus.targets()] == ["up"]
            assert prometheus.alerts() == {}
            os.kill(pid_of(installation, "dispatcher"), signal.SIGSTOP)
            until(lambda: told(installation).get("failed_phone"), installation.log)
            asked = len(outside.asked)
            firing = until(lambda: prometheus.alerts().get("AnhuHeartbeatLost"), installation.log)
            assert firing == "firing"
            until(lambda: prometheus.alerts().get("AnhuProcessSilent"), installation.log)
            assert len(outside.asked) <= asked + 1  # who is outside is no longer told that all is well
            os.kill(pid_of(installation, "dispatcher"), signal.SIGCONT)
            until(lambda: "AnhuHeartbeatLost" not in prometheus.alerts(), installation.log)
            until(lambda: len(outside.asked) > asked + 1, installation.log)
    finally:
        installation.stop()


def test_the_heartbeat_is_no_resident_and_no_alarm_of_anybody(tmp_path: Path) -> None:
    installation = Installation(tmp_path, heartbeat_s="1")
    installation.log_in()
    installation.start()
    try:
        until(lambda: told(installation).get("beats", 0) > 2, installation.log)
        assert installation.get("/residents")["items"] == []
        assert installation.get("/devices")["items"] == []
        assert installation.get("/alerts")["items"] == []
        assert installation.get("/alarm-budget")["rules"] == []
        assert installation.get("/platform")["open_alerts"] == 0
    finally:
        installation.stop()


def test_the_rules_are_rules_and_name_what_there_is(tmp_path: Path) -> None:
    checked = subprocess.run([find_promtool(), "check", "rules", RULES], capture_output=True, check=False, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    installation = Installation(tmp_path, heartbeat_s="1")
    installation.log_in()
    token = installation.admin("create-token", login="chief")["token"]
    installation.start()
    try:
        until(lambda: told(installation).get("phone_ms"), installation.log)
        said = until(lambda: metrics(installation, token).text, installation.log)
    finally:
        installation.stop()
    known = {line.split("{")[0].split()[0] for line in said.splitlines() if not line.startswith("#")} | {"up"}
    late = {  # said once an address outside is set, a door has TLS, where several share a LOG, and by Kafka's
        "anhu_watcher_deadman_failing",
        "anhu_certificate_end_timestamp_seconds",
        "anhu_alerts_partitions",
        "anhu_alerts_shards",
        "anhu_watcher_partitions_unread",
        *("anhu_alerts_log_dropped_unread_total", "anhu_ingest_log_dropped_unread_total"),
        "anhu_gateway_log_new_sessions_total",
    }
    missing: dict[str, str] = {}
    for rule in yaml.safe_load(RULES.read_text("utf-8"))["groups"][0]["rules"]:
        named = set(re.findall(r"\b(?:anhu_\w+|up)\b", rule["expr"]))
        assert named, rule["alert"]
        missing |= dict.fromkeys(named - late - known, rule["alert"])
    assert missing == {}
