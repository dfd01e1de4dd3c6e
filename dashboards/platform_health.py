"""The platform itself: is every process alive, and does what comes in go out."""

from __future__ import annotations

from dashboards import flux
from dashboards.frame import any_of, dashboard
from dashboards.panels import Json, stat, table, time_series
from dashboards.titles import both

_COUNTERS = {
    "received_per_s": "",
    "connections": "",
    "backlog_bytes": "By",
    "log_bytes": "By",
    "rejected": "",
    "deadletters": "",
}
_PROCESS = "${__field.labels.process}"


def platform_health() -> Json:
    """Return the platform's dashboard."""
    charts = [
        time_series(both(f"platform.{field}"), flux.counter(field), unit=unit, name=_PROCESS)
        for field, unit in _COUNTERS.items()
    ]
    alive = [
        stat(both("platform.last_word"), flux.seconds_since_last_word(), unit="s", name=_PROCESS, width=12),
        table(both("platform.counters"), flux.every_counter(), width=12),
    ]
    return dashboard(
        "platform",
        variables=[any_of("process", flux.tag_values("process", 'r._measurement == "process"'))],
        sections=[(both("platform.alive"), alive), (both("platform.flow"), charts)],
        since="now-1h",
        refresh="10s",
    )
