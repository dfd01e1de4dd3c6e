"""What the city's dashboard draws is said by a running platform, as far as one machine without Kafka can say it."""

from __future__ import annotations

import re
from pathlib import Path

import httpx

from dashboards.build import city_dashboards
from tests.dashboards.metric_names import names_in
from tests.smoke.installation import Installation, until

OF_A_CITY = {
    "anhu_alerts_log_dropped_unread_total",
    "anhu_alerts_partition_backlog_bytes",
    "anhu_alerts_shards",
    "anhu_ingest_log_dropped_unread_total",
    "anhu_ingest_log_unheard_seconds",
    "anhu_ingest_partition_backlog_bytes",
    "anhu_ingest_shards",
    "anhu_gateway_log_waiting_bytes",
}
"""Only where Kafka keeps the LOG."""
OF_OTHER_DOORS = {
    "anhu_gateway_broker_received_total",
    "anhu_gateway_push_messages_total",
    "anhu_gateway_tcp_connected",
    "anhu_gateway_tcp_received_total",
}


def test_a_running_platform_says_what_is_drawn(tmp_path: Path) -> None:
    panels = [panel for panel in city_dashboards()["city"]["panels"] if panel["type"] != "row"]
    drawn = {name for panel in panels for target in panel["targets"] for name in names_in(target["expr"])}
    installation = Installation(tmp_path, heartbeat_s="2")
    installation.log_in()
    token = installation.admin("create-token", login="chief")["token"]
    installation.start()
    try:
        said = until(lambda: _numbers(installation, token), installation.log)
    finally:
        installation.stop()
    assert drawn - said - OF_A_CITY - OF_OTHER_DOORS == set()


def _numbers(installation: Installation, token: str) -> set[str]:
    """Return the names of all series once a test call has gone the whole way; nothing before."""
    url = f"http://127.0.0.1:{installation.port}/metrics"
    text = httpx.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=30.0).text
    if 'stage="received_to_told"' not in text or "anhu_watcher_phone_seconds" not in text:
        return set()
    names = set(re.findall(r"^(anhu_[a-z0-9_]+)", text, re.MULTILINE))
    return names | {name.removesuffix("_bucket") for name in names}
