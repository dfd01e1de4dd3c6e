"""Panels and variables of a dashboard that asks Prometheus."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from dashboards.grid import variable
from dashboards.panels import Json, grafana_unit
from dashboards.titles import both

SOURCE: Json = {"type": "prometheus", "uid": "${datasource}"}
_LINE: Json = {"lineWidth": 2, "fillOpacity": 0, "showPoints": "never", "spanNulls": False}


class Graph(NamedTuple):
    """One panel.

    Attributes
    ----------
    title : str
        Key of the catalogue.
    lines : mapping
        Grafana's template of a line's name (``{{instance}}``) -> what Prometheus is asked.
    unit : str
        UCUM unit.
    kind : str
        ``timeseries`` over time, or ``stat``: the present number.
    width, decimals : int
        In columns of Grafana's grid; how many digits behind the point.
    """

    title: str
    lines: Mapping[str, str]
    unit: str = ""
    kind: str = "timeseries"
    width: int = 12
    decimals: int = 1


def panel(graph: Graph, board: str) -> Json:
    """Return a panel of a board."""
    defaults: Json = {
        "unit": grafana_unit(graph.unit),
        "decimals": graph.decimals,
        "noValue": both("text.no_report"),
        "min": 0,
    }
    if graph.kind == "timeseries":
        defaults["custom"] = _LINE
    targets = [
        {"refId": chr(ord("A") + n), "datasource": SOURCE, "expr": expression, "legendFormat": name}
        for n, (name, expression) in enumerate(graph.lines.items())
    ]
    return {
        "type": graph.kind,
        "title": both(f"{board}.{graph.title}"),
        "datasource": SOURCE,
        "targets": targets,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": _options(graph.kind),
        "gridPos": {"x": 0, "y": 0, "w": graph.width, "h": 5 if graph.kind == "stat" else 8},
    }


def _options(kind: str) -> Json:
    if kind == "stat":
        reduce = {"calcs": ["lastNotNull"], "fields": "", "values": False}
        return {"reduceOptions": reduce, "textMode": "value_and_name", "colorMode": "value", "graphMode": "area"}
    return {"legend": {"displayMode": "table", "placement": "right", "calcs": ["max"]}, "tooltip": {"mode": "multi"}}


def values_of(name: str, query: str) -> Json:
    """Return a variable with one of the values that a label has."""
    return variable(name, query, SOURCE, sort=2)
