"""Flux queries on what ingest writes, with the variables that Grafana fills in.

Measurements: ``reading`` (tags resident, device; one float field per quantity code, an integer ``<code>_quality``
beside it when flagged), ``event`` (tags resident, device, kind; fields state, attributes, quality), ``waveform`` (tags
resident, device, quantity), ``process`` (tag process; one float field per counter) and ``alerts_open`` (tags centre,
priority; fields open, unacknowledged, oldest_s).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from anhu.contract.quantities import Quantity

SHOWN = "start: v.timeRangeStart, stop: v.timeRangeStop"
"""The stretch of time that the person looks at."""

NOW = "start: -10m"
"""Long enough for the slowest reporter; older numbers are no longer now, and are not shown as such."""

_WINDOW = "aggregateWindow(every: v.windowPeriod, fn: {fn}, createEmpty: false)"


def chosen(tag: str) -> str:
    """Return the condition that a tag is among what the person chose in the variable of that name."""
    return f"r.{tag} =~ /^${{{tag}:regex}}$/"


def rows(measurement: str, *conditions: str, within: str = SHOWN) -> str:
    """Return the query for a measurement's rows under conditions."""
    every = " and ".join([f'r._measurement == "{measurement}"', *conditions])
    return f"from(bucket: v.defaultBucket)\n  |> range({within})\n  |> filter(fn: (r) => {every})"


def of_resident(measurement: str, *conditions: str) -> str:
    """Return the query for rows of the chosen resident's chosen devices."""
    return rows(measurement, 'r.resident == "${resident}"', chosen("device"), *conditions)


def piped(query: str, *steps: str) -> str:
    """Return a query with further steps."""
    return "\n  |> ".join([query, *steps])


def low_mean_high(quantity: Quantity) -> str:
    """Return lowest, mean and highest of each stretch of the chart: a mean alone would hide a short crisis.

    Values outside the plausible range are flagged in the store and left out here, as in every other chart.
    """
    plausible = [
        f"r._value {sign} {limit:.1f}"
        for sign, limit in ((">=", quantity.low), ("<=", quantity.high))
        if math.isfinite(limit)
    ]
    data = of_resident("reading", f'r._field == "{quantity.code}"', *plausible)
    lines = [
        f'data\n  |> {_WINDOW.format(fn=fn)}\n  |> set(key: "_field", value: "{name}")'
        for name, fn in (("low", "min"), ("mean", "mean"), ("high", "max"))
    ]
    keep = 'group(columns: ["device", "_field"])\n  |> sort(columns: ["_time"])'
    return f"data = {data}\n\nunion(tables: [\n" + ",\n".join(lines) + f"\n])\n  |> {keep}"


def latest_alerts(field: str, combine: str) -> str:
    """Return a number of open alerts per priority, over the chosen centres, as it is now."""
    last = piped(rows("alerts_open", f'r._field == "{field}"', chosen("centre"), within=NOW), "last()")
    return piped(last, 'group(columns: ["priority"])', f"{combine}()")


def alerts_over_time(field: str, combine: str) -> str:
    """Return a number of open alerts per priority over time; centres are combined within each stretch."""
    return piped(
        rows("alerts_open", f'r._field == "{field}"', chosen("centre")),
        _WINDOW.format(fn="max"),
        'group(columns: ["priority", "_time"])',
        f"{combine}()",
        'group(columns: ["priority"])',
        'sort(columns: ["_time"])',
    )


def alerts_by_centre() -> str:
    """Return one line per centre and priority, as it is now."""
    return piped(
        rows("alerts_open", chosen("centre"), within=NOW),
        "last()",
        'pivot(rowKey: ["centre", "priority"], columnKey: ["_field"], valueColumn: "_value")',
        "group()",
        'keep(columns: ["centre", "priority", "open", "unacknowledged", "oldest_s"])',
        'sort(columns: ["unacknowledged", "oldest_s"], desc: true)',
    )


def heard_from(tag: str) -> str:
    """Return how many residents or devices had a reading in the stretch shown."""
    return piped(
        rows("reading"), "first()", f'keep(columns: ["{tag}"])', "group()", f'distinct(column: "{tag}")', "count()"
    )


def event_counts() -> str:
    """Return how often each kind of event began, in each stretch of the chart."""
    return piped(
        rows("event", 'r._field == "state"', "r._value == 1"),
        'group(columns: ["kind"])',
        _WINDOW.format(fn="count"),
    )


def event_states() -> str:
    """Return each kind's state over time, 1 on and 0 off."""
    kept = 'keep(columns: ["_time", "_value", "kind"])'
    return piped(
        of_resident("event", 'r._field == "state"'), 'group(columns: ["kind"])', kept, 'sort(columns: ["_time"])'
    )


def latest_events() -> str:
    """Return the newest hundred events with what their senders added."""
    return piped(
        of_resident("event", '(r._field == "state" or r._field == "attributes")'),
        'pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")',
        "group()",
        'sort(columns: ["_time"], desc: true)',
        "limit(n: 100)",
        'keep(columns: ["_time", "kind", "state", "device", "attributes"])',
    )


def stored_waveforms() -> str:
    """Return the newest waveform of each device and quantity."""
    return _newest("waveform", "device", "quantity")


def last_words() -> str:
    """Return when each device last sent a number."""
    return _newest("reading", "device")


def _newest(measurement: str, *by: str) -> str:
    columns = ", ".join(f'"{column}"' for column in by)
    return piped(
        of_resident(measurement),
        f'keep(columns: ["_time", {columns}])',
        f"group(columns: [{columns}])",
        'max(column: "_time")',
        "group()",
    )


def doubted() -> str:
    """Return how many readings of each quantity were flagged, in each stretch of the chart."""
    return piped(
        of_resident("reading", "r._field =~ /_quality$/", "r._value > 0"),
        'group(columns: ["_field"])',
        _WINDOW.format(fn="count"),
    )


def level(fields: Sequence[str]) -> str:
    """Return counters of the chosen processes as they stand, over time."""
    return piped(_counters(fields), _WINDOW.format(fn="last"))


def rate(fields: Sequence[str], per: str) -> str:
    """Return how fast counters of the chosen processes grow; a restart, which begins at zero, is no fall."""
    return piped(_counters(fields), f"derivative(unit: {per}, nonNegative: true)", _WINDOW.format(fn="mean"))


def _counters(fields: Sequence[str]) -> str:
    return rows("process", f"r._field =~ /^({'|'.join(fields)})$/", chosen("process"))


def seconds_since_last_word() -> str:
    """Return how long ago each chosen process last wrote. [s]."""
    return piped(
        rows("process", chosen("process")),
        'keep(columns: ["_time", "process"])',
        'group(columns: ["process"])',
        'max(column: "_time")',
        "map(fn: (r) => ({process: r.process, _value: float(v: uint(v: now()) - uint(v: r._time)) / 1000000000.0}))",
        'group(columns: ["process"])',
    )


def every_counter() -> str:
    """Return the latest value of every counter of the chosen processes."""
    return piped(
        rows("process", chosen("process")),
        "last()",
        "group()",
        'keep(columns: ["process", "_field", "_value", "_time"])',
        'sort(columns: ["process", "_field"])',
    )


def tag_values(tag: str, *conditions: str) -> str:
    """Return the values of a tag in the stretch shown: what a variable offers."""
    where = " and ".join(conditions)
    return (
        'import "influxdata/influxdb/schema"\n\n'
        f'schema.tagValues(bucket: v.defaultBucket, tag: "{tag}", predicate: (r) => {where}, {SHOWN})'
    )
