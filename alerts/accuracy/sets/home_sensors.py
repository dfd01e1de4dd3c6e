"""Four homes of one resident each: alarms on ordinary days, and how soon a resident who moves no more is missed.

The second figure is made by cutting the sensors' stream at four hours of each day from the tenth on, as if the person
lay still from then on while the sensors go on speaking, and waiting for a day.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from alerts.accuracy.days import DEVICE, RESIDENT, DayTally, engine_of
from alerts.accuracy.row import AccuracyRow
from alerts.engine.engine import Engine
from alerts.finding import Condition
from alerts.rules.detector import Profile
from alerts.rules.household import PLACES
from anhu.contract.clock import DAY_MS, HOUR_MS, SECOND_MS
from anhu.contract.observation import Event
from anhu.contract.priority import Priority
from anhu.contract.record import Reading

NAME = "home_sensors"
DETECTORS = ("no_motion", "bathroom_dwell", "bed_exit", "not_up", "not_in_bed", "door_open", "routine_changed")
_OFFSET_MS = 8 * HOUR_MS
_CUT_HOURS = (3.0, 9.5, 14.0, 19.0)
_LEARNED_DAYS = 10
PROFILE = Profile(flags=frozenset({"lives_alone", "age_65"}))


def events(folder: Path) -> list[tuple[int, Event]]:
    """Return a home's events by time: sensors told by words in their names, local time laid on China's clock. [ms]."""
    found: list[tuple[int, Event]] = []
    with (folder / "events.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            kind, room = _sensor(row)
            for state, column in (("on", "start"), ("off", "end")):
                t = _utc_ms(row[column])
                found.append((t, Event(kind, t, state, {"room": room})))
    return sorted(_one_place(found), key=lambda pair: (pair[0], pair[1].state == "on"))


def _one_place(found: Sequence[tuple[int, Event]]) -> Iterator[tuple[int, Event]]:
    """Yield the events with the mats of one bed as one bed, all seats as one chair: here all come from one device."""
    depth: Counter[str] = Counter()
    for t, event in sorted(found, key=lambda pair: (pair[0], pair[1].state != "on")):
        before = depth[event.kind]
        depth[event.kind] += 1 if event.state == "on" else -1
        if event.kind not in PLACES or not before or not depth[event.kind]:
            yield t, event


def _utc_ms(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * SECOND_MS) - _OFFSET_MS


def _sensor(row: dict[str, str]) -> tuple[str, str]:
    """Return quantity and room of a sensor of any of the homes."""
    words = " ".join(row.get(c) or "" for c in ("sensor", "location", "type", "place", "room")).lower()
    room = (row.get("place") or row.get("room") or "").lower()
    if "front door" in words or "maindoor" in words or ("foyer" in words and "door" in words):
        return "contact", "front_door"
    if not room:
        room = "bathroom" if any(w in words for w in ("bathroom", "toilet", "shower")) else "kitchen"
        room = "bedroom" if "bedroom" in words else room
    if "pressure" in words:
        return ("bed" if "bed " in words else "chair"), room
    if "pir" in words:
        return "motion", room
    if any(w in words for w in ("flush", "electric", "light", "faucet", "lamp")):
        return "switch", room
    return "contact", room


def readings(home: Path) -> Iterator[Reading]:
    """Yield a home's events as the engine gets them."""
    for t, event in events(home):
        yield Reading(DEVICE, RESIDENT, t, (event,))


def homes(folder: Path) -> Sequence[Path]:
    """Return the homes that are there."""
    return sorted(file.parent for file in (folder / NAME).glob("*/events.csv"))


def tally(folder: Path) -> DayTally:
    """Return the counts over all homes."""
    counted = DayTally(NAME, DETECTORS)
    for home in homes(folder):
        counted.person(["all", home.name], readings(home), PROFILE)
    return counted


def measure(folder: Path) -> Iterator[AccuracyRow]:
    """Yield alarms per person-week by rule and home; how many made-up stillnesses were noticed, and how soon."""
    found = homes(folder)
    if not found:
        return
    yield from tally(folder).rows()
    for home in found:
        delays = list(missed_after(home))
        noticed = [d for d in delays if d is not None]
        group, rules = f"{home.name}, still from then on", "+".join(DETECTORS[:4])
        yield AccuracyRow(NAME, group, rules, "sensitivity", len(noticed) / max(len(delays), 1), len(delays))
        if noticed:
            yield AccuracyRow(NAME, group, rules, "delay_s", median(noticed), len(noticed))


def missed_after(home: Path) -> Iterator[float | None]:
    """Yield, for each made-up stillness, how long after it somebody is called; None if not within a day. [s]."""
    history = list(readings(home))
    first = history[0].received_at_ms
    engine = engine_of(DETECTORS[:4], PROFILE, first)
    cuts = [
        day * DAY_MS + round(hour * HOUR_MS) - _OFFSET_MS
        for day in range((first + _OFFSET_MS) // DAY_MS + _LEARNED_DAYS, (history[-1].received_at_ms) // DAY_MS)
        for hour in _CUT_HOURS
    ]
    running: set[str] = set()
    for reading in history:
        while cuts and reading.received_at_ms > cuts[0]:
            yield _noticed(engine, cuts.pop(0), running)
        for one in engine.feed(reading):
            (running.add if one.finding.condition is Condition.PRESENT else running.discard)(one.finding.kind)


def _noticed(engine: Engine, cut_ms: int, running: set[str]) -> float | None:
    if running:
        return 0.0
    other = engine_of(DETECTORS[:4], PROFILE, cut_ms)
    other.restore(engine.snapshot())
    for one in other.advance(cut_ms + DAY_MS):
        if one.finding.condition is Condition.PRESENT and one.finding.priority >= Priority.MEDIUM:
            return (one.finding.decided_at_ms - cut_ms) / SECOND_MS
    return None
