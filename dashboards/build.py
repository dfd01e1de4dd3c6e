"""All dashboards, built anew from the quantity table, the names of numbers, and the catalogue of words."""

from __future__ import annotations

from dashboards.centre import centre
from dashboards.city import city
from dashboards.panels import Json
from dashboards.platform_health import platform_health
from dashboards.resident import resident


def dashboards() -> dict[str, Json]:
    """Return file name (without ``.json``) -> dashboard."""
    return {"centre": centre(), "resident": resident(), "platform": platform_health()}


def city_dashboards() -> dict[str, Json]:
    """Return the same of what a Prometheus is asked: apart, since a single machine needs none."""
    return {"city": city()}
