"""The signal around an event, as the chart script draws it."""

from __future__ import annotations

import math
from typing import Any

from anhu.contract.clock import SECOND_MS
from anhu.contract.quantities import QUANTITIES, Kind
from api.dependencies import Dependencies
from api.schemas.observations import WaveformView
from api.security.roles import Viewer
from api.services.alerts import alert_of
from api.services.observations import waveforms_of
from api.visit import visit_alert
from api.web.wording import Wording
from ingest.store.port import Range

_AROUND_MS = 2 * SECOND_MS
_LONGEST_MS = 60 * SECOND_MS
_STRIP_MS = 30 * SECOND_MS
_ROW_S = 10
_MOST_SAMPLES = 12_000
_TIMED = "pause"
"""A phase whose length is written into it."""
_READ_IN_ROWS = frozenset({"ecg", "ppg"})


def waveform_chart(deps: Dependencies, viewer: Viewer, alert_id: str, wording: Wording) -> dict[str, Any]:
    """Return the chart of the stretch that an alert's evidence names; with no samples when there is none."""
    with visit_alert(deps, viewer, alert_id, "alert.waveform") as visit:
        alert = alert_of(visit)
    evidence = alert.evidence
    quantity = str(evidence.get("quantity", ""))
    row = QUANTITIES.get(quantity)
    if row is None or row.kind is not Kind.WAVEFORM:
        return {"t": []}
    in_rows = quantity in _READ_IN_ROWS
    within = _stretch(evidence, in_rows=in_rows)
    found = waveforms_of(visit, quantity, within=within)
    device_id = evidence.get("device_id") or alert.device_id
    pieces = [piece for piece in found if not device_id or piece.device_id == device_id]
    if not pieces:
        return {"t": []}
    impacts = evidence.get("marks", {}).get("impact") or [alert.started_at_ms]
    zero_ms = within.start_ms if in_rows else _moment(pieces, impacts[0])
    times, channels = _joined(pieces, within, zero_ms)
    return {
        "title": wording.quantity(quantity),
        "unit": wording.unit(quantity),
        "about": _about(pieces, wording),
        "t": times,
        "channels": [
            {"label": name, "values": values} for name, values in zip(pieces[0].channels, channels, strict=True)
        ],
        "row_s": _ROW_S if in_rows else None,
        "magnitude": _magnitude(channels) if quantity == "acceleration" else None,
        "limits": _limits(evidence, wording) if quantity == "acceleration" else [],
        "marks": [] if in_rows else [{"at": 0, "label": wording.t("chart.impact")}],
        "beats": [(t - zero_ms) / SECOND_MS for t in evidence.get("marks", {}).get("beat", ())],
        "phases": _phases(evidence, zero_ms, wording),
        "words": _words(zero_ms if in_rows else None, wording),
    }


def _words(since_ms: int | None, wording: Wording) -> dict[str, str]:
    """Return what is written beside the axes; rows say since when their seconds count. [ms]."""
    at = None if since_ms is None else wording.moment(since_ms)
    return {
        "seconds": wording.t("chart.seconds") if at is None else wording.t("chart.seconds_since", at=at),
        "magnitude": wording.t("chart.magnitude"),
        "beat": wording.t("chart.beat"),
        "interval": wording.t("chart.interval"),
    }


def _stretch(evidence: dict[str, Any], *, in_rows: bool) -> Range:
    """Return what is drawn: an impact with a little around it; of beats the last half minute that was judged. [ms]."""
    start_ms, end_ms = int(evidence.get("start_ms", 0)), int(evidence.get("end_ms", 0))
    if in_rows:
        return Range(max(start_ms, end_ms - _STRIP_MS), end_ms)
    return Range(start_ms - _AROUND_MS, min(end_ms + _AROUND_MS, start_ms + _LONGEST_MS))


def _phases(evidence: dict[str, Any], zero_ms: int, wording: Wording) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "label": wording.phase(name),
            "inside": f"{(end_ms - start_ms) / SECOND_MS:.1f} {wording.t('feature_unit.seconds')}"
            if name == _TIMED
            else "",
            "from": (start_ms - zero_ms) / SECOND_MS,
            "to": (end_ms - zero_ms) / SECOND_MS,
        }
        for name, (start_ms, end_ms) in evidence.get("phases", {}).items()
    ]


def _moment(pieces: list[WaveformView], started_at_ms: int) -> int:
    """Return the alert's moment when it lies within the signal, else the signal's beginning. [ms]."""
    last = pieces[-1]
    end_ms = last.observed_at_ms + len(last.samples[0]) * SECOND_MS / last.sampling_rate_hz
    return started_at_ms if pieces[0].observed_at_ms <= started_at_ms <= end_ms else pieces[0].observed_at_ms


def _joined(pieces: list[WaveformView], within: Range, zero_ms: int) -> tuple[list[float], list[list[float | None]]]:
    """Put pieces one after the other, with a null where one does not follow at once."""
    times: list[float] = []
    channels: list[list[float | None]] = [[] for _ in pieces[0].channels]
    thinned = math.ceil(sum(len(piece.samples[0]) for piece in pieces) / _MOST_SAMPLES)
    for piece in pieces:
        step_ms = SECOND_MS / piece.sampling_rate_hz
        start_ms = piece.observed_at_ms
        if times and start_ms - (zero_ms + times[-1] * SECOND_MS) > 2.5 * step_ms * thinned:
            times.append(times[-1] + step_ms / SECOND_MS)
            for channel in channels:
                channel.append(None)
        for k in range(0, len(piece.samples[0]), thinned):
            at_ms = start_ms + k * step_ms
            second = (at_ms - zero_ms) / SECOND_MS
            if not within.start_ms <= at_ms < within.end_ms or (times and second <= times[-1]):
                continue
            times.append(round(second, 4))
            for channel, samples in zip(channels, piece.samples, strict=True):
                value = samples[k]
                channel.append(None if value is None else round(value, 4))
    return times, channels


def _magnitude(channels: list[list[float | None]]) -> list[float | None]:
    return [
        None if any(value is None for value in sample) else round(math.hypot(*(value or 0.0 for value in sample)), 4)
        for sample in zip(*channels, strict=True)
    ]


def _limits(evidence: dict[str, Any], wording: Wording) -> list[dict[str, Any]]:
    limits: dict[str, float] = evidence.get("limits", {})
    for name in ("peak_g", "impact_g"):
        if name in limits:
            value = limits[name]
            return [{"value": value, "text": f"{value:g}", "label": wording.t("chart.impact_limit")}]
    return []


def _about(pieces: list[WaveformView], wording: Wording) -> str:
    first = pieces[0]
    flags = 0
    for piece in pieces:
        flags |= piece.quality
    doubts = wording.doubts(flags)
    position = wording.word("position", first.position) if first.position else ""
    quality = wording.t("chart.doubted", doubts=doubts) if doubts else wording.t("chart.complete")
    return " · ".join(part for part in (position, f"{first.sampling_rate_hz:.3g} Hz", quality) if part)
