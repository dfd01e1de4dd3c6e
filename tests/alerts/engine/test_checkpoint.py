from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from alerts.detectors import discover
from alerts.engine.checkpoint import Checkpoint
from alerts.engine.engine import Engine
from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.watched_device import WatchedDevice
from alerts.rules.detector import Profile
from anhu.contract.clock import MINUTE_MS, SECOND_MS
from anhu.contract.observation import Event, Scalar
from anhu.contract.record import Reading

T0 = 1_795_300_000_000
DETECTORS = discover()
RESIDENTS = 12
MESSAGES = 400
Step = Callable[[Engine], list[ResidentFinding]]


def device(number: int, resident: int, *flags: str) -> WatchedDevice:
    profile = Profile(report_period_s=60.0, flags=frozenset(flags))
    return WatchedDevice(f"w-{number}", f"r-{resident}", profile, enrolled_at_ms=T0, centre_id="c-1")


def roster() -> list[WatchedDevice]:
    return [device(number, number // 2) for number in range(2 * RESIDENTS)]


def engine() -> Engine:
    made = Engine(DETECTORS)
    made.update_roster(roster())
    return made


def steps(seed: int, *, moves: bool = True) -> Iterator[Step]:
    """Make an afternoon: mostly messages, some alarming, now and then only time, or a change in the directory."""
    draw = random.Random(seed)  # noqa: S311 - the same afternoon each time
    now = T0
    for _ in range(MESSAGES):
        now += draw.choice((1, 5, 40, 200)) * SECOND_MS
        number = draw.randrange(2 * RESIDENTS - 2)  # two never say a word
        yield _step(draw, number, now, moves=moves)


def _step(draw: random.Random, number: int, now: int, *, moves: bool) -> Step:
    kind = draw.random()
    if kind < 0.06:
        return lambda engine: engine.advance(now)
    if kind < 0.09 and moves:
        changed = [device(number, draw.randrange(RESIDENTS), "copd")]
        return partial(_moved, changed)
    reading = Reading(f"w-{number}", f"r-{number // 2}", now, (_observation(draw, now),))
    return lambda engine: engine.feed(reading)


def _moved(changed: list[WatchedDevice], engine: Engine) -> list[ResidentFinding]:
    engine.update_roster(changed)
    return []


def _observation(draw: random.Random, now: int) -> Scalar | Event:
    if draw.random() < 0.15:
        return Event(draw.choice(("sos", "worn", "bed_occupied", "motion", "fall")), now, draw.choice(("on", "off")))
    quantity, usual, unusual = draw.choice(
        (("heart_rate", 70.0, 150.0), ("spo2", 97.0, 84.0), ("respiration_rate", 14.0, 30.0), ("weight", 70.0, 78.0))
    )
    return Scalar(quantity, draw.choice((usual, usual + 1, unusual)), now - draw.choice((0, 0, MINUTE_MS)))


@pytest.mark.parametrize("seed", range(6))
def test_what_is_written_little_by_little_is_the_state_of_the_moment_it_began(seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311 - the same each time
    live = engine()
    at_once = b""
    begun: Checkpoint | None = None
    for number, step in enumerate(steps(seed)):
        if number == MESSAGES // 2:
            at_once, begun = live.snapshot(), live.begin_checkpoint()
        elif begun is not None and not begun.is_complete and draw.random() < 0.3:
            begun.go_on(1)
        step(live)
    assert begun is not None
    assert live.snapshot() != at_once
    begun.go_on()
    assert begun.encoded() == at_once


@pytest.mark.parametrize("seed", range(6))
def test_an_engine_brought_back_from_it_finds_what_one_that_never_stopped_finds(seed: int) -> None:
    live, found = engine(), list[ResidentFinding]()
    begun: Checkpoint | None = None
    rest: list[Step] = []
    for number, step in enumerate(steps(seed, moves=False)):
        if number == MESSAGES // 3:
            begun = live.begin_checkpoint()
        one = step(live)
        if begun is not None:
            begun.go_on(2)
            rest.append(step)
            found += one
    assert begun is not None
    assert begun.is_complete
    assert found
    other = engine()
    other.restore(begun.encoded())
    assert [one for step in rest for one in step(other)] == found


def test_silence_that_is_excused_meanwhile_is_not_in_it() -> None:
    live = engine()
    at_once, begun = live.snapshot(), live.begin_checkpoint()
    live.excuse_silence(MINUTE_MS, T0 + 5 * MINUTE_MS)
    assert live.snapshot() != at_once
    assert begun.encoded() == at_once


def test_a_clock_that_is_set_back_meanwhile_does_not_change_it() -> None:
    live = engine()
    live.feed(Reading("w-1", "r-0", T0 + 60 * MINUTE_MS, (Scalar("heart_rate", 70.0, T0 + 60 * MINUTE_MS),)))
    at_once, begun = live.snapshot(), live.begin_checkpoint()
    live.feed(Reading("w-1", "r-0", T0, (Scalar("heart_rate", 71.0, T0),)))
    assert live.counters()["set_back"] == 1
    begun.go_on()
    assert begun.encoded() == at_once
