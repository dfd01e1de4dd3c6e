"""What all dashboards share: identity, time, and the variables at the top."""

from __future__ import annotations

from collections.abc import Sequence

from dashboards.panels import DATASOURCE, Json, laid_out
from dashboards.titles import both

_SCHEMA_VERSION = 39
_ON_TIME_RANGE_CHANGE = 2


def dashboard(
    name: str,
    *,
    variables: Sequence[Json],
    sections: Sequence[tuple[str, Sequence[Json]]],
    since: str,
    refresh: str,
    source: str = "influxdb",
) -> Json:
    """Return a whole dashboard; `since` is where its time begins (``now-6h``), `source` the kind of what it asks."""
    return {
        "uid": f"anhu-{name}",
        "title": both(f"{name}.title"),
        "tags": ["anhu"],
        "schemaVersion": _SCHEMA_VERSION,
        "editable": False,
        "timezone": "browser",
        "time": {"from": since, "to": "now"},
        "refresh": refresh,
        "links": [{"type": "dashboards", "tags": ["anhu"], "title": "Anhu", "asDropdown": False, "keepTime": True}],
        "templating": {"list": [_datasource(source), *variables]},
        "panels": laid_out(sections),
    }


def one_of(name: str, query: str) -> Json:
    """Return a variable with exactly one value."""
    return variable(name, query)


def any_of(name: str, query: str) -> Json:
    """Return a variable with one, several or all values; all at first."""
    everything = {"text": "All", "value": "$__all"}
    return variable(name, query) | {"multi": True, "includeAll": True, "allValue": ".*", "current": everything}


def variable(name: str, query: str, source: Json = DATASOURCE, *, sort: int = 1) -> Json:
    """Return a variable whose values a source is asked for; sorted as Grafana numbers the ways."""
    return {
        "type": "query",
        "name": name,
        "label": both(f"variable.{name}"),
        "datasource": source,
        "query": {"query": query, "refId": name},
        "definition": query,
        "refresh": _ON_TIME_RANGE_CHANGE,
        "sort": sort,
    }


def _datasource(source: str) -> Json:
    return {"type": "datasource", "name": "datasource", "label": both("variable.datasource"), "query": source}
