"""Four homes of one resident each: alarms on ordinary days, and how soon a resident who moves no more is missed."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from alerts.accuracy.by_person import PersonCount, by_person
from alerts.accuracy.days import DEVICE, RESIDENT, DayTally
from alerts.accuracy.row import AccuracyRow, Chosen
from alerts.accuracy.stillness import Emergency, emergencies
from alerts.rules.detector import Profile
from alerts.rules.household import PLACES
from anhu.contract.clock import HOUR_MS, SECOND_MS
from anhu.contract.observation import Event
from anhu.contract.record import Reading

NAME = "home_sensors"
DETECTORS = ("no_motion", "bathroom_dwell", "bed_exit", "not_up", "not_in_bed", "door_open", "routine_changed")
_OFFSET_MS = 8 * HOUR_MS
_CUT_HOURS = (0.5, 3.0, 6.0, 9.5, 12.0, 14.0, 16.5, 19.0, 21.5)
_LYING = DETECTORS[:4]
_WEEK = 7
_WITHIN_H = 12.0
_MadeUp = tuple[str, Emergency]
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
    """Yield alarms per person-week by rule and home; how many made-up emergencies were noticed, and how soon."""
    found = homes(folder)
    if not found:
        return
    yield from tally(folder).rows()
    made_up = [
        (home.name, one) for home in found for one in emergencies(list(readings(home)), _LYING, PROFILE, _CUT_HOURS)
    ]
    at_home = [(home, one) for home, one in made_up if not one.is_out]
    for group, some in _groups(at_home):
        yield from _noticed(group, some)
    for rule in _LYING:
        known = [PersonCount(home, float(rule not in one.silent), 1.0) for home, one in made_up]
        yield from _row("own limits known", rule, "coverage", known)


def _groups(made_up: Sequence[_MadeUp]) -> Iterator[tuple[str, list[_MadeUp]]]:
    still = [(home, one) for home, one in made_up if not one.beside_bed]
    yield "still from then on", still
    yield "still from then on, first week", [(home, one) for home, one in still if one.day < _WEEK]
    for home in sorted({home for home, _ in still}):
        yield f"still from then on, {home}", [one for one in still if one[0] == home]
    for hour in _CUT_HOURS:
        yield f"still from {hour:g} h on", [(home, one) for home, one in still if one.hour == hour]
    beside = [(home, one) for home, one in made_up if one.beside_bed]
    yield "left the bed at 2.5 h, not seen again", beside
    yield "left the bed at 2.5 h, first week", [(home, one) for home, one in beside if one.day < _WEEK]


def _noticed(group: str, made_up: Sequence[_MadeUp]) -> Iterator[AccuracyRow]:
    """Yield who was called for within a day and twelve own waking hours, and after how long."""
    rules = "+".join(_LYING)
    in_time = [PersonCount(home, float((one.waking_h or 0.0) <= _WITHIN_H), 1.0) for home, one in _called(made_up)]
    missed = [PersonCount(home, 0.0, 1.0) for home, one in made_up if one.after_s is None]
    yield from _row(group, rules, "sensitivity", [*in_time, *missed])
    yield from _row(group, rules, "delay_s", [PersonCount(h, one.after_s or 0.0, 1.0) for h, one in _called(made_up)])


def _called(made_up: Sequence[_MadeUp]) -> list[_MadeUp]:
    return [(home, one) for home, one in made_up if one.after_s is not None]


def _row(group: str, rule: str, metric: str, counts: Sequence[PersonCount]) -> Iterator[AccuracyRow]:
    row = by_person(NAME, group, rule, metric, counts, chosen=Chosen.SAME_PEOPLE)
    if row is not None:
        yield row
