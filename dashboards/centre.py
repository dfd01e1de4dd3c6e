"""The desk's wall screen: which alerts are open, and how long they have been waiting."""

from __future__ import annotations

from dashboards import flux
from dashboards.grid import any_of, dashboard
from dashboards.panels import Json, stat, table, time_series
from dashboards.titles import both

_PRIORITY = "${__field.labels.priority}"


def centre() -> Json:
    """Return the centre overview."""
    return dashboard(
        "centre",
        variables=[any_of("centre", flux.tag_values("centre", 'r._measurement == "alerts_open"'))],
        sections=[
            (both("centre.now"), _now()),
            (both("centre.trend"), _over_time()),
            (both("centre.everybody"), _everybody()),
        ],
        since="now-6h",
        refresh="10s",
    )


def _now() -> list[Json]:
    return [
        stat(both("centre.open"), flux.latest_alerts("open", "sum"), name=_PRIORITY),
        stat(both("centre.unacknowledged"), flux.latest_alerts("unacknowledged", "sum"), name=_PRIORITY),
        stat(both("centre.oldest"), flux.latest_alerts("oldest_s", "max"), unit="s", name=_PRIORITY),
        table(both("centre.by_centre"), flux.alerts_by_centre()),
    ]


def _over_time() -> list[Json]:
    open_trend, wait = flux.alerts_over_time("open", "sum"), flux.alerts_over_time("oldest_s", "max")
    return [
        time_series(both("centre.open_trend"), open_trend, name=_PRIORITY, width=12),
        time_series(both("centre.oldest_trend"), wait, unit="s", name=_PRIORITY, width=12),
    ]


def _everybody() -> list[Json]:
    return [
        stat(both("centre.residents"), flux.heard_from("resident"), name=" ", width=4),
        stat(both("centre.devices"), flux.heard_from("device"), name=" ", width=4),
        time_series(both("centre.events"), flux.event_counts(), name="${__field.labels.kind}", width=16),
    ]
