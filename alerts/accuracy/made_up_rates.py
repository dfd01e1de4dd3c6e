"""Made-up minutes in a real day of heart rates: what must be called for, and what a stair, a walk or a dropout is.

Each is put where the person rested just before: a quarter of an hour between 50 and 105 /min without a step of over 10.
What is held keeps half of the person's own wander, away from the usual.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from alerts.accuracy.by_person import PersonCount
from alerts.accuracy.days import DEVICE, RESIDENT, engine_of
from alerts.engine.engine import Engine
from alerts.engine.resident_finding import ResidentFinding
from alerts.finding import Condition
from alerts.rules.detector import Profile
from anhu.contract.clock import HOUR_MS, MINUTE_MS
from anhu.contract.observation import Scalar
from anhu.contract.record import Reading

RULES = ("heart_rate_high", "heart_rate_low")
_HOURS = (5.0, 9.0, 13.0, 17.0, 21.0)
_REST_MIN = 15
_HELD_MIN = 12
_LOWEST_BPM, _HIGHEST_BPM, _STEP_BPM = 50.0, 105.0, 10.0
_DROPOUTS = (26.0, 58.0, 114.0, 176.0, 31.0, 149.0, 22.0, 205.0, 60.0, 190.0)
_STAIRS = (15.0, 35.0, 50.0, 42.0, 25.0, 10.0)
_FEVER_BPM, _FEVER_STEP_BPM = 126.0, 0.5
_WALK_BPM, _WALK_MIN, _PACE_PER_MIN = 118.0, 30, 80.0


class MadeUp(NamedTuple):
    """Minutes that are put into a day.

    Attributes
    ----------
    rule : str
        Which rule must call, or must not.
    minutes : callable
        The rates by the last quarter of an hour. [/min]
    steps_per_min : float
        The device counts so many beside them; 0: it counts none. [/min]
    """

    name: str
    rule: str
    minutes: Callable[[Sequence[float]], list[float]]
    steps_per_min: float = 0.0


def _held(level_bpm: float, minutes: int = _HELD_MIN) -> Callable[[Sequence[float]], list[float]]:
    def made(rest: Sequence[float]) -> list[float]:
        usual = median(rest)
        away = 0.5 if level_bpm > usual else -0.5
        return [level_bpm + away * abs(rest[i % len(rest)] - usual) for i in range(minutes)]

    return made


def _fever(rest: Sequence[float]) -> list[float]:
    usual, made = median(rest), _held(_FEVER_BPM)(rest)
    rise = max(0, round((_FEVER_BPM - usual) / _FEVER_STEP_BPM))
    wander = [(rest[i % len(rest)] - usual) / 2 for i in range(rise)]
    return [usual + i * _FEVER_STEP_BPM + wander[i] for i in range(rise)] + made


CALLS = (
    MadeUp("180 held for 12 min", "heart_rate_high", _held(180.0)),
    MadeUp("140 held for 12 min", "heart_rate_high", _held(140.0)),
    MadeUp("128 at rest for 12 min", "heart_rate_high", _held(128.0)),
    MadeUp("a fever that rises to 126", "heart_rate_high", _fever),
    MadeUp("30 held for 12 min", "heart_rate_low", _held(30.0)),
    MadeUp("34 held for 12 min", "heart_rate_low", _held(34.0)),
)
"""For these somebody must be called."""
HARMLESS = (
    MadeUp("up the stairs", "heart_rate_high", lambda rest: [median(rest) + more for more in _STAIRS]),
    MadeUp("a walk, steps counted", "heart_rate_high", _held(_WALK_BPM, _WALK_MIN), _PACE_PER_MIN),
    MadeUp("dropouts", "heart_rate_high", lambda _: [*_DROPOUTS, *_DROPOUTS]),
    MadeUp("dropouts", "heart_rate_low", lambda _: [*_DROPOUTS, *_DROPOUTS]),
    MadeUp("170, frozen for 6 min", "heart_rate_high", lambda rest: [*[170.0] * 6, *rest]),
)
"""For these nobody must be."""


def made_up(person: str, history: Sequence[Reading], profile: Profile) -> Iterator[tuple[MadeUp, PersonCount]]:
    """Yield each case at some hours of a day of minutes, with whether the rule did what it should."""
    first_ms = history[0].received_at_ms
    engines = {rule: engine_of([rule], profile, first_ms) for rule in RULES}
    running = dict.fromkeys(RULES, False)
    hours = [first_ms + round(hour * HOUR_MS) for hour in _HOURS]
    rest: list[float] = []
    for reading in history:
        t = reading.received_at_ms
        if hours and t >= hours[0] and _is_rest(rest):
            del hours[0]
            for case in (*CALLS, *HARMLESS):
                if not running[case.rule]:
                    other = engine_of([case.rule], profile, t)
                    other.restore(engines[case.rule].snapshot())
                    is_right = _calls(other, case, rest, t) == (case in CALLS)
                    yield case, PersonCount(person, float(is_right), 1.0)
        for rule, engine in engines.items():
            for one in engine.feed(reading):
                running[rule] = one.finding.condition is Condition.PRESENT
        rest = [*rest, _bpm(reading)][-_REST_MIN:]


def _calls(engine: Engine, case: MadeUp, rest: Sequence[float], t_ms: int) -> bool:
    """Feed a case minute by minute; tell whether anything was called for."""
    found: list[ResidentFinding] = []
    for i, bpm in enumerate(case.minutes(rest)):
        at_ms = t_ms + i * MINUTE_MS
        numbers = [Scalar("heart_rate", bpm, at_ms)]
        if case.steps_per_min:
            numbers.insert(0, Scalar("steps", 1_000.0 + i * case.steps_per_min, at_ms))
        found += engine.feed(Reading(DEVICE, RESIDENT, at_ms, tuple(numbers)))
    return any(one.finding.condition is Condition.PRESENT for one in found)


def _is_rest(rest: Sequence[float]) -> bool:
    calm = all(abs(b - a) <= _STEP_BPM for a, b in pairwise(rest))
    return len(rest) == _REST_MIN and calm and min(rest) >= _LOWEST_BPM and max(rest) <= _HIGHEST_BPM


def _bpm(reading: Reading) -> float:
    first = reading.observations[0]
    return first.value if isinstance(first, Scalar) else float("nan")
