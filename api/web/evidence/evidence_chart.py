"""The number that a rule watched, over the time it looked at, with the stretch that decided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anhu.contract.clock import HOUR_MS, MINUTE_MS
from api.dependencies import Dependencies
from api.errors import NotFoundError
from api.security.roles import Viewer
from api.services.alerts import alert_of
from api.visit import visit_alert
from api.web.trend import NEAR, SPANS, chart_names, draw_chart, plan_chart
from api.web.wording import Wording

_AFTER_MS = HOUR_MS
_PART_SHOWN = 0.6
_NARROWEST_MS = 4 * MINUTE_MS


_FEATURES: Mapping[str, tuple[str, ...]] = {
    "heart_rate": ("heart_rate_bpm",),
    "pulse_rate": ("heart_rate_bpm",),
    "spo2": ("spo2_percent",),
    "pressure": ("systolic_mmhg", "diastolic_mmhg", "mean_systolic_mmhg", "mean_diastolic_mmhg"),
    "body_temperature": ("temperature_cel",),
    "glucose": ("glucose_mmol", "glucose_ahead_mmol"),
    "respiration_rate": ("respiration_per_min",),
    "room_temperature": ("room_cel",),
}
"""Chart -> features that are values of what it shows."""


def evidence_chart_name(evidence: Mapping[str, Any]) -> str:
    """Return the chart that shows an alert's evidence; empty when no number decided."""
    return next(iter(chart_names(_quantities(evidence))), "")


def evidence_chart(deps: Dependencies, viewer: Viewer, alert_id: str, wording: Wording) -> dict[str, Any]:
    """Return the chart of an alert's number. Raises `NotFoundError` when no number decided."""
    with visit_alert(deps, viewer, alert_id, "alert.chart") as visit:
        alert = alert_of(visit)
        evidence = alert.evidence
        name = evidence_chart_name(evidence)
        if not name:
            raise NotFoundError(f"no chart for alert {alert.id!r}")
        start_ms, end_ms = int(evidence.get("start_ms", 0)), int(evidence.get("end_ms", 0))
        spans = (NEAR, *SPANS.values())
        chosen = next((span for span in spans if end_ms - start_ms < _PART_SHOWN * span.length_ms), spans[-1])
        until_ms = max(end_ms, alert.last_at_ms) + (_AFTER_MS if chosen is NEAR else 0)
        planned = plan_chart(visit, name, chosen, min(until_ms, wording.now_ms))
    chart = draw_chart(visit, planned, wording)
    chart["judged"] = [min(start_ms, end_ms - _NARROWEST_MS), end_ms]
    chart["limits"] = _decided(name, evidence.get("limits", {}), wording) or chart["limits"]
    chart["words"]["judged"] = wording.t("chart.judged")
    return chart


def _decided(name: str, limits: Mapping[str, float], wording: Wording) -> list[dict[str, Any]]:
    """Return the limits that this alarm was held against; they need not be the ones that charts usually show."""
    label = wording.t("chart.impact_limit")
    found = [limits[feature] for feature in _FEATURES.get(name, ()) if feature in limits]
    return [{"value": value, "text": f"{value:g}", "label": label} for value in found]


def _quantities(evidence: Mapping[str, Any]) -> list[str]:
    quantity = str(evidence.get("quantity", ""))
    return ["systolic_pressure"] if quantity == "diastolic_pressure" else [quantity]
