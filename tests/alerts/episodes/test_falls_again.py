"""The next fall: whatever people have done about the one before, and however the watch sends, it is judged and told."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy.orm import Session, sessionmaker

from alerts.detectors import discover
from alerts.detectors.fall_motion import FallMotion
from alerts.engine.engine import Engine
from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.watched_device import WatchedDevice
from alerts.episodes.findings import apply_findings
from alerts.rules.detector import Profile
from anhu.contract.clock import MINUTE_MS
from anhu.contract.observation import Event, waveform_from_array
from anhu.contract.record import Reading
from tests.alerts.episodes.test_returning import alerts, answer, send
from tests.conformance.detector_cases import T0 as WORN_FROM_MS
from tests.conformance.detector_cases_falls import DOWN, LIES, WALKS, fall, posture

T0 = 1_795_300_000_000
Sessions = sessionmaker[Session]
DETECTORS = discover()
LIES_LONG = posture(240, DOWN, 0.012)


def spell(minute: float, *after: NDArray[np.float64], every_s: float = 2.0) -> list[Reading]:
    """Return the messages of a watch whose wearer falls at a minute, each with so many seconds of signal."""
    whole, n = fall(*after), round(50 * every_s)
    moved_ms = T0 - WORN_FROM_MS + round(minute * MINUTE_MS)
    readings = []
    for first in range(0, len(whole.t_ms), n):
        samples = whole.values[first : first + n]
        at_ms = int(whole.t_ms[first]) + moved_ms
        wave = waveform_from_array(
            "acceleration",
            samples,
            observed_at_ms=at_ms,
            sampling_rate_hz=50,
            channels=("x", "y", "z"),
            position="waist",
        )
        readings.append(Reading("w-1", "r-1", at_ms + 20 * len(samples), (wave,)))
    return readings


def watched() -> Engine:
    engine = Engine(DETECTORS)
    engine.update_roster([WatchedDevice("w-1", "r-1", Profile(), enrolled_at_ms=T0)])
    return engine


def heard(engine: Engine, readings: Sequence[Reading], until_minute: float = 0) -> list[ResidentFinding]:
    found = [one for reading in readings for one in engine.feed(reading)]
    found += engine.advance(T0 + round(until_minute * MINUTE_MS)) if until_minute else []
    return [one for one in found if one.finding.kind in FallMotion.kinds]


def times(found: Sequence[ResidentFinding], kind: str = "fall_suspected") -> list[int]:
    """Return the whole minutes of the falls that were told."""
    return [
        (one.finding.at_ms - T0) // MINUTE_MS
        for one in found
        if one.finding.kind == kind and one.finding.condition == "present"
    ]


def store(sessions: Sessions, found: Sequence[ResidentFinding]) -> None:
    for one in found:
        with sessions.begin() as session:
            apply_findings(session, [one], now_ms=one.finding.decided_at_ms)


@pytest.mark.parametrize("step", ["nobody", "acknowledge", "close"])
@pytest.mark.parametrize("after", ["lies", "rises", "is off the body", "is gone"])
def test_the_second_of_two_falls_twenty_minutes_apart_is_told(town: Sessions, step: str, after: str) -> None:
    engine = watched()
    rest = {"lies": [LIES_LONG] * 5, "rises": [LIES, WALKS], "is off the body": [LIES], "is gone": [LIES]}[after]
    store(town, heard(engine, spell(0, *rest), until_minute=3))
    if after == "is off the body":  # the watch comes off to lift its wearer
        off_ms = T0 + 3 * MINUTE_MS
        heard(engine, [Reading("w-1", "r-1", off_ms, (Event("worn", off_ms, "off"),))])
        on_ms = off_ms + 15 * MINUTE_MS
        heard(engine, [Reading("w-1", "r-1", on_ms, (Event("worn", on_ms, "on"),))])
    send(town, 3)
    if step != "nobody":
        answer(town, 4, step, *(["true"] if step == "close" else []))
    second = heard(engine, spell(20.5, LIES_LONG))
    assert times(second) == [20]
    assert times(second, "fall") == [20]
    store(town, second)
    rows = alerts(town)
    assert len(rows) == (2 if step == "close" else 1)
    assert rows[-1].is_open
    assert rows[-1].response == "unacked"
    assert send(town, 22) or step == "nobody"


def test_knocks_of_one_tumble_are_one_fall_and_a_fall_ten_seconds_later_is_another() -> None:
    found = heard(watched(), [*spell(0, posture(4, DOWN, 0.012)), *spell(0.2, LIES)])
    assert len(times(found)) == 2
    assert len(times(heard(watched(), [*spell(0, LIES)]))) == 1


def test_further_impacts_do_not_put_the_confirmation_off() -> None:
    readings = [one for minute in (0, 0.4, 0.8) for one in spell(minute, posture(16, DOWN, 0.012))]
    found = heard(watched(), [*readings, *spell(1.2, LIES)])
    (confirmed, *_) = [one.finding for one in found if one.finding.kind == "fall"]
    assert confirmed.decided_at_ms - T0 < 1.2 * MINUTE_MS


@pytest.mark.parametrize("every_s", [0.5, 2.0, 60.0, 300.0])
def test_a_watch_that_sends_in_bursts_tells_of_each_fall(every_s: float) -> None:
    readings = [*spell(0, *[LIES_LONG] * 2, every_s=every_s), *spell(20.5, *[LIES_LONG] * 2, every_s=every_s)]
    found = heard(watched(), readings)
    assert times(found) == [0, 20]
    assert times(found, "fall") == [0, 20]


def test_a_replay_from_any_start_finds_the_falls_that_come_after_it() -> None:
    falls = [*spell(0, *[LIES_LONG] * 4), *spell(20.5, LIES_LONG), *spell(40.5, LIES, WALKS)]
    whole = times(heard(watched(), falls))
    assert whole == [0, 20, 40]
    for start in (5, 10, 21.5, 39):
        rest = [one for one in falls if one.received_at_ms >= T0 + start * MINUTE_MS]
        assert times(heard(watched(), rest)) == [minute for minute in whole if minute > start]


def test_the_end_of_the_second_fall_ends_what_was_said_of_the_first() -> None:
    found = heard(watched(), [*spell(0, *[LIES_LONG] * 3), *spell(20.5, LIES, WALKS)])
    ended = {one.finding.kind for one in found if one.finding.condition == "gone"}
    assert ended == {"fall_suspected", "fall", "long_lie"}


def test_a_state_of_version_0_2_is_taken_over() -> None:
    before, after = FallMotion(), FallMotion()
    before.update(fall(LIES))
    state = before.snapshot()
    for new in ("down_ms", "told", "unseen_s", "longest_unseen_s"):
        del state["episode"][new]
    after.restore(state)
    assert after.tick(WORN_FROM_MS + 10 * MINUTE_MS) == before.tick(WORN_FROM_MS + 10 * MINUTE_MS)
