"""An ordinary day of an old person living alone: circadian vitals, sleep, meals, walks, visits, the home's sensors.

Everything is drawn from one seed, so the same seed gives the same day. Numbers stay inside what is unremarkable for
a person of that age at rest and on a walk: an ordinary day must alarm nobody.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from random import Random

from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS
from anhu.contract.wire import Measured
from simulators.report import Report, happened, measured

_PULSE_PEAK_H = 16.0
_TEMPERATURE_PEAK_H = 17.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntheticPerson:
    """What one person is like at rest, by day, and when they do what. Hours are local time of day.

    Attributes
    ----------
    heart_rate : float
        Day's mean at rest. [/min]
    systolic, diastolic : float
        Mean of the day. [mm[Hg]]
    spo2 : float
        Awake. [%]
    temperature : float
        Day's mean, at the armpit. [Cel]
    glucose : float
        Before breakfast. [mmol/L]
    up_h, bed_h : float
        Gets up, goes to bed. [h]
    meals_h, walks_h, visits_h : tuple of float
        When they begin. [h]
    """

    heart_rate: float
    systolic: float
    diastolic: float
    spo2: float
    temperature: float
    glucose: float
    up_h: float
    bed_h: float
    meals_h: tuple[float, ...]
    walks_h: tuple[float, ...]
    visits_h: tuple[float, ...]


def person(seed: int) -> SyntheticPerson:
    """Draw a person."""
    draw = Random(f"person {seed}")  # noqa: S311 - a simulation wants repeatable numbers, not secret ones
    up_h = draw.uniform(5.8, 7.2)
    return SyntheticPerson(
        heart_rate=draw.uniform(62, 76),
        systolic=draw.uniform(118, 138),
        diastolic=draw.uniform(68, 80),
        spo2=draw.uniform(96.2, 98.0),
        temperature=draw.uniform(36.4, 36.8),
        glucose=draw.uniform(4.9, 6.2),
        up_h=up_h,
        bed_h=draw.uniform(21.0, 22.5),
        meals_h=(up_h + 0.7, draw.uniform(11.5, 12.3), draw.uniform(17.5, 18.4)),
        walks_h=(draw.uniform(8.5, 10.5), draw.uniform(15.0, 16.5)),
        visits_h=(draw.uniform(13.5, 14.5),) if draw.random() < 1 / 2 else (),
    )


class _Day:
    """One person's one day: everything that is asked of it at a time of day."""

    def __init__(self, seed: int, number: int) -> None:
        self.who = person(seed)
        self.draw = Random(f"day {seed} {number}")  # noqa: S311 - repeatable on purpose
        self._drift = 0.0

    def asleep(self, hour: float) -> bool:
        return hour < self.who.up_h or hour >= self.who.bed_h

    def walking(self, hour: float) -> bool:
        return any(start <= hour < start + 0.5 for start in self.who.walks_h)

    def heart_rate(self, hour: float) -> float:
        """Return the rate: low asleep, a slow wave over the day, faster on a walk, and a wander of its own. [/min]."""
        self._drift += -0.1 * self._drift + self.draw.gauss(0, 0.8)
        wave = 3.0 * math.cos((hour - _PULSE_PEAK_H) / 24 * 2 * math.pi)
        effort = 20.0 if self.walking(hour) else -7.0 if self.asleep(hour) else 0.0
        return min(max(self.who.heart_rate + wave + effort + self._drift, 52.0), 104.0)

    def spo2(self, hour: float) -> float:
        return min(99.0, max(95.0, self.who.spo2 - (0.7 if self.asleep(hour) else 0.0) + self.draw.gauss(0, 0.4)))

    def pressure(self, hour: float) -> tuple[float, float]:
        wave = 4.0 * math.cos((hour - _PULSE_PEAK_H) / 24 * 2 * math.pi)
        systolic = min(148.0, max(104.0, self.who.systolic + wave + self.draw.gauss(0, 4)))
        return systolic, min(88.0, max(60.0, self.who.diastolic + wave / 2 + self.draw.gauss(0, 3)))

    def temperature(self, hour: float) -> float:
        wave = 0.2 * math.cos((hour - _TEMPERATURE_PEAK_H) / 24 * 2 * math.pi)
        return min(37.3, max(36.1, self.who.temperature + wave + self.draw.gauss(0, 0.06)))


def day(seed: int, *, number: int = 0, vitals_every_s: int = 60) -> Iterator[Report]:
    """Yield one ordinary day, midnight to midnight of local time, in order of sending.

    Parameters
    ----------
    seed : int
        The person.
    number : int
        Which of the person's days.
    vitals_every_s : int
        How often the wearable reports the heart rate. [s]
    """
    today = _Day(seed, number)
    rest = sorted([*_measurements(today), *_home(today), *_rooms(today)], key=_sent)
    return merge(_wearable(today, vitals_every_s), rest, key=_sent)


def _sent(report: Report) -> int:
    return report.after_ms


def _wearable(today: _Day, every_s: int) -> Iterator[Report]:
    steps = 0.0
    for at_ms in range(0, DAY_MS, every_s * 1_000):
        hour = at_ms / HOUR_MS
        values: dict[str, float | Measured] = {"heart_rate": round(today.heart_rate(hour))}
        busy = 95.0 if today.walking(hour) else 0.0 if today.asleep(hour) else 2.5
        steps += busy * today.draw.uniform(0.6, 1.2) * every_s / 60
        if at_ms % (10 * MINUTE_MS) == 0:
            values["spo2"] = round(today.spo2(hour))
            values["steps"] = round(steps)
        if at_ms % HOUR_MS == 0:
            values["battery"] = round(96 - 1.5 * hour)
        yield measured(at_ms, **values)


def _measurements(today: _Day) -> Iterator[Report]:
    """Blood pressure and temperature in the morning and the evening, glucose before breakfast."""
    for hour in (today.who.up_h + 0.4, today.who.bed_h - 0.8):
        at_ms = round(hour * HOUR_MS)
        systolic, diastolic = today.pressure(hour)
        yield measured(at_ms, systolic_pressure=round(systolic), diastolic_pressure=round(diastolic))
        temperature = Measured(value=round(today.temperature(hour), 1), context="axilla")
        yield measured(at_ms + 3 * MINUTE_MS, body_temperature=temperature)
    glucose = Measured(value=round(today.who.glucose, 1), context="fasting")
    yield measured(round((today.who.up_h + 0.5) * HOUR_MS), glucose=glucose)


def _home(today: _Day) -> Iterator[Report]:
    """Bed, door and rooms by what the person does."""
    who, draw = today.who, today.draw
    yield happened(0, "bed", "on", room="bedroom")
    yield from _away_from_bed(round(draw.uniform(2.0, 4.5) * HOUR_MS))
    yield happened(round(who.up_h * HOUR_MS), "bed", "off", room="bedroom")
    yield from _motion(who.up_h + 0.1, "bathroom")
    for hour in who.meals_h:
        for minute in (0, 9, 21, 33):
            yield from _motion(hour + minute / 60, "kitchen")
    for hour in who.walks_h:
        yield from _through_the_door(round(hour * HOUR_MS), leaves=True)
        yield from _through_the_door(round((hour + 0.5) * HOUR_MS), leaves=False)
    for hour in who.visits_h:
        yield from _through_the_door(round(hour * HOUR_MS), leaves=False)
    hour = who.up_h + 0.5
    while hour < who.bed_h:
        if not today.walking(hour):
            yield from _motion(hour, draw.choice(("living_room", "living_room", "kitchen", "bathroom")))
        hour += draw.uniform(0.15, 0.7)
    yield happened(round(who.bed_h * HOUR_MS), "bed", "on", room="bedroom")


def _away_from_bed(at_ms: int) -> Iterator[Report]:
    """One visit to the bathroom at night: six minutes."""
    yield happened(at_ms, "bed", "off", room="bedroom")
    yield happened(at_ms + MINUTE_MS, "motion", "on", room="bathroom")
    yield happened(at_ms + 3 * MINUTE_MS, "motion", "off", room="bathroom")
    yield happened(at_ms + 6 * MINUTE_MS, "bed", "on", room="bedroom")


def _motion(hour: float, room: str) -> Iterator[Report]:
    at_ms = round(hour * HOUR_MS)
    yield happened(at_ms, "motion", "on", room=room)
    yield happened(at_ms + 90_000, "motion", "off", room=room)


def _through_the_door(at_ms: int, *, leaves: bool) -> Iterator[Report]:
    yield happened(at_ms, "contact", "on", room="front_door")
    yield happened(at_ms + 20_000, "contact", "off", room="front_door")
    if not leaves:
        yield happened(at_ms + 30_000, "motion", "on", room="living_room")
        yield happened(at_ms + 120_000, "motion", "off", room="living_room")


def _rooms(today: _Day) -> Iterator[Report]:
    for hour in range(0, 24, 2):
        warmth = 21.5 + 1.2 * math.cos((hour - 15) / 24 * 2 * math.pi) + today.draw.gauss(0, 0.2)
        humidity = 48 + today.draw.gauss(0, 2)
        yield measured(hour * HOUR_MS, room_temperature=round(warmth, 1), room_humidity=round(humidity))
