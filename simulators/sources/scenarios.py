"""Emergencies, each told as the reports of the devices that would see it.

Vitals go on for long enough that a rule with persistence can decide, and no longer. Times are those of the story: run
it faster and its clock begins in the past (`simulators.run`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from anhu.contract.clock import MINUTE_MS, SECOND_MS
from simulators.report import Report, Story, happened, in_order, length_ms, measured
from simulators.sources.recording import SHIPPED, acceleration_story, ecg_story, trial_story, trials

_FALLS = (0, 1, 2)
_ACTIVITIES = (3, 4, 5, 6)
_LIES_STILL_S = 75


class Scenario(NamedTuple):
    """One emergency.

    Attributes
    ----------
    name : str
        What the command line calls it.
    title : str
        For people.
    make : callable
        ``make(seed) -> Story``.
    vanishes : bool
        The device ends without a word, as when its battery dies.
    """

    name: str
    title: str
    make: Callable[[int], Story]
    vanishes: bool = False


def _random(seed: int, name: str) -> Random:
    return Random(f"{name} {seed}")  # noqa: S311 - a simulation wants repeatable numbers, not secret ones


def fall(seed: int, *, position: str = "waist") -> Story:
    """Return a recorded fall, after which the person lies still: the recording's last second, over and over."""
    trial = trials(SHIPPED / "umafall_S05.npz")[_FALLS[seed % len(_FALLS)]]
    rate_hz = trial.sampling_rate_hz[position]
    samples = trial.acceleration[position]
    last = samples[-round(rate_hz) :]
    there_and_back = np.concatenate([last[::-1], last])  # no jump where the pieces meet
    still = np.tile(there_and_back, (_LIES_STILL_S // 2, 1))
    return acceleration_story(np.concatenate([samples, still]), sampling_rate_hz=rate_hz, position=position)


def daily_activity(seed: int, *, position: str = "waist") -> Story:
    """Return a recorded activity of the same person: bending, lying down, sitting down, walking. Nobody falls."""
    trial = trials(SHIPPED / "umafall_S05.npz")[_ACTIVITIES[seed % len(_ACTIVITIES)]]
    return trial_story(trial, position=position)


def fibrillation(_seed: int) -> Story:
    """Return three and a half minutes of a recorded ECG: atrial fibrillation, then a pause of 3.7 s."""
    return ecg_story(SHIPPED / "ecg_mitdb_201.npz")


def handheld_ecg(_seed: int) -> Story:
    """Return half a minute of a recorded hand-held ECG in atrial fibrillation."""
    return ecg_story(SHIPPED / "ecg_cinc2017_A03836.npz")


def sos(_seed: int) -> Story:
    """Return one press of the button, with the wearer's heart rate before and after."""
    return (measured(0, heart_rate=78.0), happened(2 * SECOND_MS, "sos"), measured(12 * SECOND_MS, heart_rate=96.0))


def _vitals(
    seed: int, name: str, minutes: float, value_at: Callable[[float, Random], Mapping[str, float]], every_s: int = 10
) -> Story:
    draw = _random(seed, name)
    times_ms = range(0, round(minutes * MINUTE_MS) + 1, every_s * SECOND_MS)
    return tuple(measured(t, **value_at(t / MINUTE_MS, draw)) for t in times_ms)


def desaturation(seed: int) -> Story:
    """Return oxygen saturation that falls from 96 % to 85 % in four minutes and stays there for five."""

    def at(minute: float, draw: Random) -> Mapping[str, float]:
        level = 96.0 - 11.0 * min(1.0, minute / 4.0)
        return {"spo2": round(level + draw.uniform(-0.4, 0.4)), "heart_rate": round(76 + (96 - level) * 2)}

    return _vitals(seed, "desaturation", 9, at)


def hypertensive_crisis(seed: int) -> Story:
    """Return two readings of the cuff, over 180/110, five and a half minutes apart."""
    draw = _random(seed, "crisis")
    return tuple(
        measured(
            t,
            systolic_pressure=float(draw.randint(186, 204)),
            diastolic_pressure=float(draw.randint(112, 120)),
            pulse_rate=float(draw.randint(84, 98)),
        )
        for t in (0, 330 * SECOND_MS)
    )


def smoke(_seed: int) -> Story:
    """Return smoke in the kitchen that clears after three minutes."""
    return (happened(0, "smoke", "on", room="kitchen"), happened(3 * MINUTE_MS, "smoke", "off", room="kitchen"))


def tachycardia(seed: int) -> Story:
    """Return a heart rate over 130 at rest, for seven minutes."""
    return _vitals(seed, "fast", 7, lambda _, draw: {"heart_rate": round(142 + draw.uniform(-4, 4))})


def hypoglycaemia(_seed: int) -> Story:
    """Return glucose that falls to 2.7 mmol/L, read every five minutes."""
    levels = (4.6, 4.1, 3.7, 3.2, 2.8, 2.7)
    return tuple(measured(i * 5 * MINUTE_MS, glucose=level) for i, level in enumerate(levels))


def silence(seed: int) -> Story:
    """Return a minute of ordinary reports; then the device is gone without a word."""
    return _vitals(seed, "silence", 1, lambda _, draw: {"heart_rate": round(70 + draw.uniform(-3, 3)), "battery": 4.0})


def fall_and_call(seed: int) -> Story:
    """Return a recorded fall after which the person presses the button twenty seconds later."""
    fallen = fall(seed)
    call: Report = happened(min(35 * SECOND_MS, length_ms(fallen)), "sos")
    return in_order(fallen, (call,))


SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        s.name: s
        for s in (
            Scenario("fall", "A recorded fall, then lying still", fall),
            Scenario("fall_and_call", "A recorded fall, then the SOS button", fall_and_call),
            Scenario("daily_activity", "A recorded daily activity: nothing must happen", daily_activity),
            Scenario("fibrillation", "A recorded ECG: atrial fibrillation, then a pause", fibrillation),
            Scenario("handheld_ecg", "A recorded hand-held ECG in atrial fibrillation", handheld_ecg),
            Scenario("sos", "The SOS button", sos),
            Scenario("desaturation", "Oxygen saturation falls to 85 %", desaturation),
            Scenario("hypertensive_crisis", "Blood pressure over 180/110, twice", hypertensive_crisis),
            Scenario("tachycardia", "Heart rate over 130 at rest", tachycardia),
            Scenario("hypoglycaemia", "Glucose falls below 3.0 mmol/L", hypoglycaemia),
            Scenario("smoke", "Smoke in the kitchen", smoke),
            Scenario("silence", "A device goes silent", silence, vanishes=True),
        )
    }
)
