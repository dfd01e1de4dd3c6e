"""A call of the platform to itself is seen on its whole way: in one trace, and in the delays of every stage."""

from __future__ import annotations

from pathlib import Path

import httpx

from anhu.contract.delays import Stage
from anhu.contract.tracing import Step
from tests.services.collector import Collector, SeenSpan
from tests.smoke.installation import Installation, until

WAY = {f"anhu.{step}" for step in (Step.RECEIVE, Step.DECODE, Step.APPEND, Step.ALERT, Step.SEND)}


def whole_way(spans: list[SeenSpan]) -> list[SeenSpan]:
    """Return the spans of the first trace that goes from the door to the telephone; nothing while there is none."""
    traces: dict[str, list[SeenSpan]] = {}
    for one in spans:
        traces.setdefault(one.trace, []).append(one)
    return next((trace for trace in traces.values() if {one.name for one in trace} >= WAY), [])


def test_a_call_is_seen_from_the_door_to_the_telephone(tmp_path: Path) -> None:
    with Collector() as collector:
        installation = Installation(tmp_path, heartbeat_s="2", tracing_url=collector.url, tracing_share="1")
        installation.log_in()
        token = installation.admin("create-token", login="chief")["token"]
        installation.start()
        try:
            trace = until(lambda: whole_way(collector.spans()), installation.log)
            said = until(lambda: _numbers(installation, token), installation.log)
        finally:
            installation.stop()
    by_name = {one.name: one for one in trace}
    assert by_name["anhu.append"].parent == by_name["anhu.alert"].parent == by_name["anhu.receive"].span
    assert by_name["anhu.send"].parent == by_name["anhu.alert"].span
    assert {one.service for one in trace} == {"anhu-gateway", "anhu-alerts", "anhu-dispatcher"}
    assert not any(one.is_error for one in trace)
    told = {key for one in collector.spans() for key in one.about}
    allowed = {"door", "family", "bytes", "kind", "priority", "late", "channel", "attempt"}
    assert told <= {f"anhu.{name}" for name in allowed}, "nobody is named"
    assert 'process="alerts"' in said


def _numbers(installation: Installation, token: str) -> str:
    """Return the platform's numbers once each stage of a call's way is among them; nothing before."""
    url = f"http://127.0.0.1:{installation.port}/metrics"
    said = httpx.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=30.0).text
    stages = set(Stage) - {Stage.SENT_TO_RECEIPT, Stage.RECEIVED_TO_STORED}  # no provider calls; kept in no store
    return said if all(f'stage="{stage}"' in said for stage in stages) else ""
