"""A quantity over 24 hours, 7 or 90 days, as the chart script draws it."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from alerts.kinds import KINDS
from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from anhu.contract.quantities import QUANTITIES, Kind
from anhu.contract.quantities import quantity as known_quantity
from api.dependencies import Dependencies
from api.errors import NotFoundError
from api.schemas.alerts import AlertView
from api.schemas.observations import BucketView
from api.security.roles import Viewer
from api.services import alerts, limits, observations, people, residents
from api.visit import ResidentVisit, visit_resident
from api.web.axes import AXES
from api.web.latest import tile
from api.web.limits import limit_lines
from api.web.marks import Marks
from api.web.totals import BUCKET_S, COUNTED, Total, range_before, totals
from api.web.wording import Wording
from ingest.store.port import Range

PRESSURE = "pressure"
_PRESSURES = ("systolic_pressure", "diastolic_pressure")
_MOST_MARKS = 200
_NOT_DRAWN = frozenset({"battery", "signal_strength", "rr_interval", "height", *_PRESSURES})


class Span(NamedTuple):
    """A range of the charts."""

    length_ms: int
    bucket_ms: int
    longest_line_ms: int
    """Values further apart than this are never joined, however rare they are. [ms]"""


SPANS = {
    "24h": Span(DAY_MS, 5 * MINUTE_MS, 2 * HOUR_MS),
    "7d": Span(7 * DAY_MS, 30 * MINUTE_MS, 8 * HOUR_MS),
    "90d": Span(90 * DAY_MS, DAY_MS, 4 * DAY_MS),
}
NEAR = Span(6 * HOUR_MS, 2 * MINUTE_MS, 30 * MINUTE_MS)
"""What is drawn around an alarm that minutes decided."""


def chart_names(quantities: Iterable[str]) -> list[str]:
    """Return the charts for these quantities in the table's order, blood pressure as one."""
    there = set(quantities)
    names = [code for code, row in QUANTITIES.items() if row.kind is Kind.SCALAR and code in there]
    drawn = [PRESSURE if name == _PRESSURES[0] else name for name in names]
    return [name for name in drawn if name not in _NOT_DRAWN]


def chart_codes(name: str) -> tuple[str, ...]:
    """Return the quantities that a chart shows."""
    return _PRESSURES if name == PRESSURE else (name,)


class PlannedChart(NamedTuple):
    """A chart before its numbers are asked for: what it shows, and what the database says to it.

    Attributes
    ----------
    own : Marks
        What is abnormal for the resident.
    """

    name: str
    span: Span
    within: Range
    own: Marks
    alerts: Sequence[AlertView]


def ends_at(at_ms: int, span: Span, now_ms: int) -> int:
    """Return where a chart ends that shows a moment in its middle, or ends now when it is 0. [ms]."""
    return min(now_ms, at_ms + span.length_ms // 2) if at_ms else now_ms


def trend_chart(
    deps: Dependencies, viewer: Viewer, resident_id: str, wording: Wording, *, name: str, span: Span, at_ms: int = 0
) -> dict[str, Any]:
    """Return a chart around a moment, or one that ends now. Raises `NotFoundError` for a name that is none."""
    if name != PRESSURE:
        if name not in QUANTITIES:
            raise NotFoundError(f"no chart {name!r}")
        known_quantity(name, kind=Kind.SCALAR, field="query.quantity")
    with visit_resident(deps, viewer, resident_id, "resident.chart") as visit:
        planned = plan_chart(visit, name, span, ends_at(at_ms, span, wording.now_ms))
        wording = wording.at(residents.zone_of(visit))
    chart = draw_chart(visit, planned, wording)
    chart["now"] = _now(visit, planned, wording)
    return chart


def plan_chart(visit: ResidentVisit, name: str, span: Span, end_ms: int) -> PlannedChart:
    """Read what a chart needs from the database, during a visit. [ms]."""
    visit.detail["chart"] = name
    within = Range(end_ms - span.length_ms, end_ms)
    own = Marks({limit.name: limit.value for limit in limits.limits_of(visit)}, people.person_of(visit).flags)
    raised = alerts.alerts_of(visit, since_ms=within.start_ms, until_ms=within.end_ms, limit=_MOST_MARKS)
    return PlannedChart(name, span, within, own, raised)


def draw_chart(visit: ResidentVisit, planned: PlannedChart, wording: Wording) -> dict[str, Any]:
    """Return the chart with its numbers, after the visit."""
    name, span, within, own, raised = planned
    codes = chart_codes(name)
    bucket_s = span.bucket_ms // SECOND_MS
    if name in COUNTED:
        asked = range_before(within)
        counter = observations.buckets_of(visit, name, within=asked, bucket_s=BUCKET_S)
        times, columns = _bars(totals(counter.buckets, within, wording.zone))
    else:
        found = [observations.buckets_of(visit, code, within=within, bucket_s=bucket_s) for code in codes]
        times, columns = _aligned([series.buckets for series in found], span)
    return {
        "title": wording.t("chart.pressure") if name == PRESSURE else wording.quantity(name),
        "unit": wording.unit(codes[0]),
        "decimals": QUANTITIES[codes[0]].decimals,
        "from_ms": within.start_ms,
        "to_ms": within.end_ms,
        "t": times,
        "axis": AXES.get(codes[0]),
        "bars": name in COUNTED,
        "series": [{"label": wording.quantity(code), **column} for code, column in zip(codes, columns, strict=True)],
        "limits": limit_lines(codes, own, wording),
        "alerts": _marks(codes, raised),
        "words": {
            "mean": wording.t("chart.mean"),
            "band": f"{wording.t('chart.low')} – {wording.t('chart.high')}",
            "alert": wording.t("chart.alerts"),
            "total": wording.t("chart.per_hour" if span.length_ms <= DAY_MS else "chart.per_day"),
            "table": wording.t("chart.as_table"),
            "time": wording.t("chart.time"),
        },
    }


def _now(visit: ResidentVisit, planned: PlannedChart, wording: Wording) -> dict[str, Any] | None:
    """Return the newest value as its tile says it; None when the chart does not reach to it."""
    latest = {one.quantity: one for one in observations.latest_of(visit)}
    newest = latest.get(_PRESSURES[0] if planned.name == PRESSURE else planned.name)
    if newest is None or newest.observed_at_ms < planned.within.start_ms:
        return None
    shown = tile(newest, latest, planned.own, wording)
    mark = shown.mark and {"name": shown.mark.name, "text": f"{shown.mark.sign} {shown.mark.word}"}
    return {"text": shown.value, "mark": mark}


def _bars(found: Sequence[Total]) -> tuple[list[float], list[dict[str, Any]]]:
    """Return bars, each in the middle of its stretch."""
    values = [one.value for one in found]
    return [(one.start_ms + one.end_ms) / 2 / SECOND_MS for one in found], [
        {"mean": values, "low": values, "high": values}
    ]


def _aligned(all_buckets: Sequence[Sequence[BucketView]], span: Span) -> tuple[list[float], list[dict[str, Any]]]:
    """Put several series on one time axis, with a null wherever values are too far apart to be joined."""
    starts = sorted({bucket.start_ms for buckets in all_buckets for bucket in buckets})
    grid = _with_gaps(starts, span)
    columns = []
    for buckets in all_buckets:
        by_start = {bucket.start_ms: bucket for bucket in buckets}
        at = [by_start.get(start) for start in grid]
        columns.append(
            {
                "mean": [bucket and round(bucket.mean, 3) for bucket in at],
                "low": [bucket and bucket.low for bucket in at],
                "high": [bucket and bucket.high for bucket in at],
            }
        )
    return [(start + span.bucket_ms // 2) / SECOND_MS for start in grid], columns


def _with_gaps(starts: Sequence[int], span: Span) -> list[int]:
    steps = [after - before for before, after in pairwise(starts)]
    if not steps:
        return list(starts)
    usual = max(3 * statistics.median(steps), 2 * span.bucket_ms)
    joined_ms = min(usual, span.longest_line_ms)
    grid = [starts[0]]
    for before, after in pairwise(starts):
        if after - before > joined_ms:
            grid.append(before + span.bucket_ms)
        grid.append(after)
    return grid


def marked_kinds(quantities: Iterable[str]) -> frozenset[str]:
    """Return the kinds of alert that the charts of some quantities mark."""
    shown = set(quantities)
    return frozenset(code for code, kind in KINDS.items() if shown.intersection(kind.charts))


def _marks(quantities: Sequence[str], raised: Sequence[AlertView]) -> list[dict[str, Any]]:
    kinds = marked_kinds(quantities)
    return [{"at_ms": alert.started_at_ms, "kind": alert.kind} for alert in raised if alert.kind in kinds]
