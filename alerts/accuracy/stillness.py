"""Made-up emergencies in real homes: the sensors go on, the person moves no more; and a fall beside the bed.

A home's events are cut at some hours of each day, as if the person lay still from then on, and a day is waited. At
half past two somebody who lies in bed leaves it and is not seen again. Where the person was out, nobody lies at home:
those cuts are told apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from alerts.accuracy.days import DEVICE, RESIDENT, engine_of
from alerts.engine.engine import Engine
from alerts.engine.resident_finding import ResidentFinding
from alerts.finding import Condition
from alerts.rules.detector import Profile
from alerts.rules.household import Household
from alerts.rules.local_time import LocalTime
from alerts.rules.waking_day import WakingDay
from anhu.contract.clock import DAY_MS, SECOND_MS
from anhu.contract.observation import Event
from anhu.contract.priority import Priority
from anhu.contract.record import Reading

_BESIDE_BED_H = 2.5


class Emergency(NamedTuple):
    """One that was made up.

    Attributes
    ----------
    hour : float
        Local time of day. [h]
    day : int
        How many days after the first.
    is_out : bool
        The resident was out.
    beside_bed : bool
        Left the bed just then, which said so.
    after_s, waking_h : float or None
        How long after it somebody was called, and how many of the resident's own waking hours later; None if not within
        a day. [s], [h]
    silent : frozenset of str
        Rules that did not know the home well enough just then.
    """

    hour: float
    day: int
    is_out: bool
    beside_bed: bool
    after_s: float | None
    waking_h: float | None
    silent: frozenset[str]


class _Home:
    """What is known of a home up to now."""

    def __init__(self, rules: Sequence[str], profile: Profile, first_ms: int) -> None:
        self.rules, self.profile = rules, profile
        self.engine = engine_of(rules, profile, first_ms)
        self.clock = LocalTime(profile.time_zone)
        self.place = Household()
        self.waking = WakingDay(self.clock)
        self.running: set[str] = set()

    def note(self, found: Sequence[ResidentFinding]) -> None:
        for one in found:
            (self.running.add if one.finding.condition is Condition.PRESENT else self.running.discard)(one.finding.kind)

    def take(self, reading: Reading) -> None:
        self.note(self.engine.feed(reading))
        for event in reading.observations:
            if isinstance(event, Event):
                before = self.place.last_ms
                room = str(event.attributes.get("room", ""))
                self.place.take(event.kind, room, event.observed_at_ms, on=event.state == "on")
                if self.place.last_ms > before:
                    self.waking.seen(event.observed_at_ms)

    def emergency(self, at_ms: int, hour: float, day: int, *, beside_bed: bool) -> Emergency:
        other = engine_of(self.rules, self.profile, at_ms)
        other.restore(self.engine.snapshot())
        found_ms = at_ms if self.running and not beside_bed else _called_ms(other, at_ms, beside_bed=beside_bed)
        counts = self.engine.counters()
        silent = frozenset(name for name in self.rules if any(counts.get(key, 0) for key in _keys(name)))
        after_s = None if found_ms is None else (found_ms - at_ms) / SECOND_MS
        waking_h = None if found_ms is None else self.waking.between(at_ms, found_ms)
        return Emergency(hour, day, self.place.away_ms > 0, beside_bed, after_s, waking_h, silent)


def _keys(rule: str) -> Iterator[str]:
    yield from (f"silent_{why}_{rule}" for why in ("learning", "cannot_tell", "no_sensor", "doubt"))


def _called_ms(engine: Engine, at_ms: int, *, beside_bed: bool) -> int | None:
    found = []
    if beside_bed:
        found += engine.feed(Reading(DEVICE, RESIDENT, at_ms, (Event("bed", at_ms, "off", {"room": "bedroom"}),)))
    found += engine.advance(at_ms + DAY_MS)
    for one in found:
        if one.finding.condition is Condition.PRESENT and one.finding.priority >= Priority.MEDIUM:
            return one.finding.decided_at_ms
    return None


def emergencies(
    history: Sequence[Reading], rules: Sequence[str], profile: Profile, hours: Sequence[float]
) -> Iterator[Emergency]:
    """Make up one at these hours of each whole day, and one beside the bed each night, in order of time. [h]."""
    home = _Home(rules, profile, history[0].received_at_ms)
    first = home.clock.day(history[0].received_at_ms)
    last_ms = history[-1].received_at_ms
    plan = sorted(
        (home.clock.at(day, hour), hour, day - first, beside)
        for day in range(first + 1, home.clock.day(last_ms))
        for hour, beside in (*((hour, False) for hour in hours), (_BESIDE_BED_H, True))
    )
    for reading in history:
        while plan and reading.received_at_ms > plan[0][0]:
            at_ms, hour, day, beside = plan.pop(0)
            home.note(home.engine.advance(at_ms))
            if not beside or home.place.in_bed:
                yield home.emergency(at_ms, hour, day, beside_bed=beside)
        home.take(reading)
