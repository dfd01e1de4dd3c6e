"""All dashboards, built anew from the quantity table and the catalogue of words."""

from __future__ import annotations

from dashboards.centre import centre
from dashboards.panels import Json
from dashboards.platform_health import platform_health
from dashboards.resident import resident


def dashboards() -> dict[str, Json]:
    """Return file name (without ``.json``) -> dashboard."""
    return {"centre": centre(), "resident": resident(), "platform": platform_health()}
