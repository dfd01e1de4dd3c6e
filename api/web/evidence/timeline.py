"""A home around an alarm: one lane for each sensor, bars for how long, and the stretch that decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from alerts.kinds import KINDS
from anhu.contract.clock import HOUR_MS, MINUTE_MS
from api.schemas.observations import EventView
from api.web.wording import Wording
from ingest.store.port import Range

_AFTER_MS = HOUR_MS
_LASTING = frozenset({"bed", "chair", "presence", "contact", "switch", "water_leak"})
_SHOWN = (*sorted(_LASTING), "motion", "vibration")
_ORDER = ("bed", "chair", "presence", "motion", "vibration", "switch", "contact", "water_leak")
_MOST_LANES = 9
_NARROWEST = 0.35
_MOTION_MS = MINUTE_MS
_TICKS = 6
_TICK_HOURS = (1, 2, 3, 6, 12)


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of a lane, in percent of the picture's width."""

    left: float
    width: float
    title: str


@dataclass(frozen=True, slots=True)
class Lane:
    """What one kind of sensor in one room said."""

    label: str
    kind: str
    bars: list[Bar] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Timeline:
    """The picture as the template draws it.

    Attributes
    ----------
    judged : Bar
        The stretch that decided.
    decided : float
        Where it was decided, in percent.
    ticks : list of tuple
        Place in percent, and the time of day there.
    facts : list of str
        What the night or day held, in words.
    """

    lanes: list[Lane]
    judged: Bar
    decided: float
    ticks: list[tuple[float, str]]
    title: str
    facts: list[str]


def timeline_range(kind: str, evidence: Mapping[str, Any], now_ms: int) -> Range | None:
    """Return which stretch to draw; None for an alert that is not about a home. [ms]."""
    start_ms, end_ms = int(evidence.get("start_ms", 0)), int(evidence.get("end_ms", 0))
    before_h = KINDS[kind].home_h if kind in KINDS else 0.0
    if not before_h or not start_ms:
        return None
    return Range(start_ms - round(before_h * HOUR_MS), max(end_ms, min(end_ms + _AFTER_MS, now_ms)) + 1)


def timeline(
    events: Sequence[EventView], evidence: Mapping[str, Any], within: Range, wording: Wording
) -> Timeline | None:
    """Draw events, oldest first; None when no sensor said anything."""
    shown = [event for event in events if event.kind in _SHOWN]
    if not shown:
        return None
    grouped: dict[tuple[str, str], list[EventView]] = {}
    for event in shown:
        grouped.setdefault((event.kind, str(event.attributes.get("room", ""))), []).append(event)
    keys = sorted(grouped, key=lambda key: (_ORDER.index(key[0]), key[1]))[:_MOST_LANES]
    start_ms, end_ms = int(evidence["start_ms"]), int(evidence["end_ms"])
    return Timeline(
        lanes=[_lane(key, grouped[key], within, wording) for key in keys],
        judged=_bar(start_ms, end_ms, within, wording),
        decided=_place(end_ms, within),
        ticks=_ticks(within, wording),
        title=wording.t("timeline.title", start=wording.moment(within.start_ms), end=wording.moment(within.end_ms)),
        facts=_facts(grouped, within, wording),
    )


def _lane(key: tuple[str, str], events: Sequence[EventView], within: Range, wording: Wording) -> Lane:
    kind, room = key
    what = wording.word("lane", kind)
    label = f"{wording.word('room', room)} · {what}" if room and kind != "bed" else what
    return Lane(label, kind, [_bar(start, end, within, wording) for start, end in _spans(kind, events, within)])


def _spans(kind: str, events: Sequence[EventView], within: Range) -> list[tuple[int, int]]:
    """Return when something lasted: from on to off; motion is a minute around each sign of it. [ms]."""
    if kind not in _LASTING:
        return _merged((event.observed_at_ms, event.observed_at_ms + _MOTION_MS) for event in events if _is_on(event))
    spans = []
    began = within.start_ms if not _is_on(events[0]) else None
    for event in events:
        if _is_on(event):
            began = event.observed_at_ms if began is None else began
        elif began is not None:
            spans.append((began, event.observed_at_ms))
            began = None
    return spans if began is None else [*spans, (began, within.end_ms)]


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1] + _MOTION_MS:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _is_on(event: EventView) -> bool:
    return event.state != "off"


def _place(t_ms: int, within: Range) -> float:
    share = (t_ms - within.start_ms) / (within.end_ms - within.start_ms)
    return round(100 * min(max(share, 0.0), 1.0), 2)


def _bar(start_ms: int, end_ms: int, within: Range, wording: Wording) -> Bar:
    left, right = _place(start_ms, within), _place(end_ms, within)
    title = f"{wording.moment(start_ms)} – {wording.moment(end_ms)} ({wording.duration(end_ms - start_ms)})"
    return Bar(left, max(round(right - left, 2), _NARROWEST), title)


def _ticks(within: Range, wording: Wording) -> list[tuple[float, str]]:
    hours = (within.end_ms - within.start_ms) / HOUR_MS
    step_ms = next((h for h in _TICK_HOURS if hours / h <= _TICKS), _TICK_HOURS[-1]) * HOUR_MS
    first = wording.start_of_today_ms() - (wording.start_of_today_ms() - within.start_ms) // step_ms * step_ms
    times = range(first, within.end_ms, step_ms)
    return [(_place(t, within), wording.clock(t)[:5]) for t in times if t >= within.start_ms]


def _facts(grouped: Mapping[tuple[str, str], Sequence[EventView]], within: Range, wording: Wording) -> list[str]:
    """Say how often the bed was left, and for how long, and how often the bathroom was visited."""
    beds = [span for key, events in grouped.items() if key[0] == "bed" for span in _spans("bed", events, within)]
    left = [(out, back) for (_, out), (back, _) in pairwise(beds)]
    facts = [wording.t("timeline.bed", count=len(left), times=_listed(left, wording))] if left else []
    seen = [event for key, events in grouped.items() if key[1] == "bathroom" for event in events if _is_on(event)]
    visits = _visits(sorted(event.observed_at_ms for event in seen))
    if visits:
        facts.append(wording.t("timeline.bathroom", count=len(visits), times=_listed(visits, wording)))
    return facts


def _visits(times_ms: Sequence[int]) -> list[tuple[int, int]]:
    """Return stretches in which a room was seen in use, breaks of ten minutes apart. [ms]."""
    visits: list[tuple[int, int]] = []
    for t in times_ms:
        if visits and t - visits[-1][1] <= 10 * MINUTE_MS:
            visits[-1] = (visits[-1][0], t)
        else:
            visits.append((t, t))
    return visits


def _listed(spans: Sequence[tuple[int, int]], wording: Wording) -> str:
    said = [
        wording.t("timeline.span", at=wording.clock(start)[:5], minutes=max(1, round((end - start) / MINUTE_MS)))
        for start, end in spans
    ]
    return wording.t("timeline.between").join(said)
