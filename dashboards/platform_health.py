"""The platform itself: is every process alive, and does what comes in go out."""

from __future__ import annotations

from typing import NamedTuple

from dashboards import flux
from dashboards.grid import any_of, dashboard
from dashboards.panels import Json, stat, table, time_series
from dashboards.titles import both


class Chart(NamedTuple):
    """Counters that belong on one chart.

    Attributes
    ----------
    title : str
        Key of the catalogue.
    fields : tuple of str
        Names under which processes report them; each adds up from its process's start, or is a present number.
    unit : str
        UCUM unit.
    per : str
        Stretch of time over which growth is shown (``1s``); empty to show the numbers as they stand.
    """

    title: str
    fields: tuple[str, ...]
    unit: str = ""
    per: str = ""


CHARTS = (
    Chart(
        "taken_in",
        ("received", "acknowledged", "broker_received", "broker_acknowledged", "push_requests", "push_accepted"),
        per="1s",
    ),
    Chart("passed_on", ("stored", "readings"), per="1s"),
    Chart("connected", ("connected", "sessions", "broker_connected_now")),
    Chart("behind", ("backlog_bytes", "pending_bytes"), unit="By"),
    Chart("lag", ("lag_ms",), unit="ms"),
    Chart("log_size", ("log_bytes",), unit="By"),
    Chart(
        "refused",
        (
            "logins_refused",
            "rejected_publishes",
            "rejected",
            "undecoded",
            "conflicts",
            "broker_unknown_devices",
            "push_rejected",
            "push_strangers",
        ),
        per="1m",
    ),
    Chart("troubles", ("retries", "protocol_errors", "intake_log_failures", "detector_errors"), per="1m"),
    Chart("lost", ("log_dropped_unread", "intake_dropped", "lost_at_qos_0")),
)
"""What is drawn; the table of every counter shows the others."""


def platform_health() -> Json:
    """Return the platform's dashboard."""
    process = "${__field.labels.process}"
    alive = [
        stat(both("platform.last_word"), flux.seconds_since_last_word(), unit="s", name=process, width=12),
        table(both("platform.counters"), flux.every_counter(), width=12),
    ]
    return dashboard(
        "platform",
        variables=[any_of("process", flux.tag_values("process", 'r._measurement == "process"'))],
        sections=[(both("platform.alive"), alive), (both("platform.flow"), [_drawn(chart) for chart in CHARTS])],
        since="now-1h",
        refresh="10s",
    )


def _drawn(chart: Chart) -> Json:
    query = flux.rate(chart.fields, chart.per) if chart.per else flux.level(chart.fields)
    name = "${__field.labels.process} ${__field.labels._field}"
    return time_series(both(f"platform.{chart.title}"), query, unit=chart.unit, name=name)
