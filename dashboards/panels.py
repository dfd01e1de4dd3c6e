"""Grafana's panels as plain dictionaries: what they look like, never what they ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from dashboards.titles import both

Json: TypeAlias = dict[str, Any]

COLUMNS = 24
"""Grafana's grid is this many columns wide."""

DATASOURCE: Json = {"type": "influxdb", "uid": "${datasource}"}

_UNITS: Mapping[str, str] = {
    "": "short",
    "/min": "suffix:/min",
    "%": "percent",
    "mm[Hg]": "suffix: mmHg",
    "Cel": "celsius",
    "mmol/L": "suffix: mmol/L",
    "kg": "suffix: kg",
    "cm": "suffix: cm",
    "kg/m2": "suffix: kg/m²",
    "ms": "ms",
    "s": "s",
    "h": "h",
    "By": "bytes",
    "{steps}": "short",
    "dB[mW]": "suffix: dBm",
}

PRIORITY_COLOURS: Mapping[str, str] = {"high": "red", "medium": "yellow", "low": "blue", "info": "text"}


def grafana_unit(ucum: str) -> str:
    """Return Grafana's name of a UCUM unit. Raises `KeyError` for one nobody has named yet."""
    return _UNITS[ucum]


def time_series(title: str, query: str, *, unit: str = "", decimals: int = 0, name: str = "", width: int = 8) -> Json:
    """Return a chart over time; `name` is Grafana's template for a line's name."""
    style = {"lineWidth": 2, "fillOpacity": 0, "showPoints": "auto", "spanNulls": False}
    panel = _panel("timeseries", title, query, unit=unit, decimals=decimals, name=name, size=(width, 8))
    panel["fieldConfig"]["defaults"]["custom"] = style
    panel["fieldConfig"]["overrides"] = [
        _override("byRegexp", "/^(low|high)\\b/", {"custom.lineWidth": 1, "custom.lineStyle": {"fill": "dot"}}),
        *_priority_colours(),
    ]
    panel["options"] = {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}}
    return panel


def stat(title: str, query: str, *, unit: str = "", name: str = "", width: int = 8) -> Json:
    """Return big numbers, one per series."""
    panel = _panel("stat", title, query, unit=unit, decimals=0, name=name, size=(width, 5))
    panel["fieldConfig"]["overrides"] = _priority_colours()
    panel["options"] = {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "textMode": "value_and_name",
        "colorMode": "value",
        "graphMode": "none",
    }
    return panel


def table(title: str, query: str, *, width: int = COLUMNS) -> Json:
    """Return a table with the query's own columns."""
    panel = _panel("table", title, query, unit="", decimals=None, name="", size=(width, 9))
    panel["fieldConfig"]["overrides"] = [
        _override("byName", "oldest_s", {"unit": "s"}),
        _override("byName", "_time", {"unit": "dateTimeAsLocal"}),
    ]
    panel["options"] = {"showHeader": True, "cellHeight": "sm"}
    return panel


def state_timeline(title: str, query: str, *, name: str) -> Json:
    """Return one strip per series that is lit while its value is 1."""
    panel = _panel("state-timeline", title, query, unit="", decimals=0, name=name, size=(COLUMNS, 10))
    lit = {"0": {"text": "off", "color": "transparent"}, "1": {"text": "on", "color": "orange"}}
    panel["fieldConfig"]["defaults"]["mappings"] = [{"type": "value", "options": lit}]
    panel["options"] = {"mergeValues": True, "showValue": "never", "legend": {"showLegend": False}}
    return panel


def laid_out(sections: Sequence[tuple[str, Sequence[Json]]]) -> list[Json]:
    """Return all panels with ids and places: a titled row per section, filled from left to right."""
    placed: list[Json] = []
    y = 0
    for title, panels in sections:
        placed.append(
            {"type": "row", "title": title, "collapsed": False, "panels": [], "gridPos": _at(0, y, COLUMNS, 1)}
        )
        x, y, height = 0, y + 1, 0
        for panel in panels:
            wide, high = panel["gridPos"]["w"], panel["gridPos"]["h"]
            if x + wide > COLUMNS:
                x, y, height = 0, y + height, 0
            placed.append(panel | {"gridPos": _at(x, y, wide, high)})
            x, height = x + wide, max(height, high)
        y += height
    return [panel | {"id": number} for number, panel in enumerate(placed, start=1)]


def _panel(
    kind: str, title: str, query: str, *, unit: str, decimals: int | None, name: str, size: tuple[int, int]
) -> Json:
    defaults: Json = {"unit": grafana_unit(unit), "noValue": both("text.no_report")}
    if decimals is not None:
        defaults["decimals"] = decimals
    if name:
        defaults["displayName"] = name
    return {
        "type": kind,
        "title": title,
        "datasource": DATASOURCE,
        "targets": [{"refId": "A", "datasource": DATASOURCE, "query": query}],
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "gridPos": _at(0, 0, *size),
    }


def _at(x: int, y: int, width: int, height: int) -> Json:
    return {"x": x, "y": y, "w": width, "h": height}


def _priority_colours() -> list[Json]:
    return [
        _override("byName", priority, {"color": {"mode": "fixed", "fixedColor": colour}})
        for priority, colour in PRIORITY_COLOURS.items()
    ]


def _override(matcher: str, which: str, properties: Json) -> Json:
    values = [{"id": name, "value": value} for name, value in properties.items()]
    return {"matcher": {"id": matcher, "options": which}, "properties": values}
