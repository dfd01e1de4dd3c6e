"""One resident: every number of the quantity table, what happened, and how far to trust it."""

from __future__ import annotations

from collections.abc import Mapping

from anhu.contract.quantities import Kind, Quantity, of_kind
from dashboards import flux
from dashboards.grid import any_of, dashboard, one_of
from dashboards.panels import Json, state_timeline, table, time_series
from dashboards.titles import both, named

_HAS_RESIDENT = "exists r.resident"
_BY_ROW: Mapping[str, frozenset[str]] = {
    "body": frozenset({"weight", "height", "bmi", "steps", "sleep_duration"}),
    "surroundings": frozenset({"room_temperature", "room_humidity", "battery", "signal_strength"}),
}


def resident() -> Json:
    """Return the resident's dashboard."""
    mine = 'r.resident == "${resident}"'
    return dashboard(
        "resident",
        variables=[
            one_of("resident", flux.tag_values("resident", _HAS_RESIDENT)),
            any_of("device", flux.tag_values("device", mine)),
        ],
        sections=[
            (both("resident.vitals"), _charts("vitals")),
            (both("resident.happened"), _happened()),
            (both("resident.body"), _charts("body")),
            (both("resident.surroundings"), [*_charts("surroundings"), *_trust()]),
        ],
        since="now-24h",
        refresh="1m",
    )


def _row_of(quantity: Quantity) -> str:
    # A quantity new to the table is a vital sign until somebody says otherwise: it is seen, never lost.
    return next((row for row, codes in _BY_ROW.items() if quantity.code in codes), "vitals")


def _charts(row: str) -> list[Json]:
    name = "${__field.labels._field} ${__field.labels.device}"
    return [
        time_series(named(q), flux.low_mean_high(q), unit=q.unit, decimals=q.decimals, name=name)
        for q in of_kind(Kind.SCALAR)
        if _row_of(q) == row
    ]


def _happened() -> list[Json]:
    return [
        state_timeline(both("resident.states"), flux.event_states(), name="${__field.labels.kind}"),
        table(both("resident.events"), flux.latest_events(), width=16),
        table(both("resident.waveforms"), flux.stored_waveforms(), width=8),
    ]


def _trust() -> list[Json]:
    return [
        time_series(both("resident.doubts"), flux.doubted(), name="${__field.labels._field}", width=12),
        table(both("resident.silence"), flux.last_words(), width=12),
    ]
