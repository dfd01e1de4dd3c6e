from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from anhu.contract.clock import DAY_MS
from anhu.contract.errors import FieldError
from anhu.contract.observation import Event, Observation, Scalar, TimeQuality, Waveform, one_by_one
from gateway.codec import Frame
from gateway.codecs.open_json import CODEC
from gateway.door_specs import DoorKind
from simulators.report import Report, packed_waveform
from simulators.sources.recording import SHIPPED, ecg, glucose_story, recording_story, trial_story, trials
from simulators.sources.scenarios import SCENARIOS, daily_activity, fall
from simulators.sources.synthetic_day import day, person

START_MS = 1_795_300_000_000
FILES = sorted(SHIPPED.glob("*.npz"))


def observed(story: tuple[Report, ...]) -> list[Observation]:
    out: list[Observation] = []
    for report in story:
        frame = Frame(
            door=DoorKind.MQTT,
            route="anhu/v1/w-1/up",
            payload=report.payload(START_MS),
            device_id="w-1",
            received_at_ms=START_MS,
        )
        out += one_by_one(CODEC.decode(frame))
    return out


def scalars(story: tuple[Report, ...]) -> list[Scalar]:
    return [one for one in observed(story) if isinstance(one, Scalar)]


def signal(story: tuple[Report, ...]) -> np.ndarray:
    return np.concatenate([o.array() for o in observed(story) if isinstance(o, Waveform)])


def test_shipped_recordings_are_small_and_attributed() -> None:
    assert sum(f.stat().st_size for f in FILES) < 300_000
    readme = (SHIPPED / "README.md").read_text("utf-8")
    assert all(f"`{f.name}`" in readme for f in FILES)


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.name)
def test_a_shipped_recording_becomes_messages_in_order(file: Path) -> None:
    story = recording_story(file)
    assert [r.after_ms for r in story] == sorted(r.after_ms for r in story)
    assert all(r.observed_after_ms <= r.after_ms for r in story)
    assert all(o.time_quality is TimeQuality.DEVICE for o in observed(story))


def test_a_trial_arrives_whole_and_in_g() -> None:
    trial = trials(SHIPPED / "umafall_S05.npz")[0]
    assert trial.is_fall
    for position in ("waist", "wrist"):
        sent = trial.acceleration[position]
        got = signal(trial_story(trial, position=position))
        assert got.shape == sent.shape == (299, 3)
        assert np.abs(got - sent).max() < 3e-4
        assert 0.8 < np.median(np.linalg.norm(got, axis=1)) < 1.3
    pieces = [o for o in observed(trial_story(trial)) if isinstance(o, Waveform)]
    assert {p.position for p in pieces} == {"waist"}
    ends = [p.observed_at_ms + p.duration_ms for p in pieces]
    assert ends[:-1] == [p.observed_at_ms for p in pieces[1:]], "no gap and no overlap"


def test_the_first_fall_is_told_unless_a_trial_is_named() -> None:
    path = SHIPPED / "umafall_S05.npz"
    assert recording_story(path) == trial_story(trials(path)[0])
    assert recording_story(path, trial=6, position="wrist") == trial_story(trials(path)[6], position="wrist")


def test_what_a_recording_does_not_have_is_refused(tmp_path: Path) -> None:
    path = SHIPPED / "umafall_S12.npz"
    with pytest.raises(FieldError, match="trial: got 99, expected 0 to 2"):
        recording_story(path, trial=99)
    with pytest.raises(FieldError, match="position: got 'knee'"):
        recording_story(path, position="knee")
    with pytest.raises(FieldError, match="person: got 'Nobody'"):
        glucose_story(SHIPPED / "cgm_broll_1_day.npz", person="Nobody")
    np.savez(tmp_path / "x.npz", foo=np.zeros(3))
    with pytest.raises(FieldError, match="layout of UMAFall, SisFall or WEDA-FALL"):
        recording_story(tmp_path / "x.npz")


def test_the_layouts_of_other_sets_are_read(tmp_path: Path) -> None:
    common: dict[str, Any] = {"code": np.array(["F01"]), "fall": np.array([True]), "start": np.array([0, 400])}
    still = np.tile(np.array([[0], [256], [0]], dtype=np.int16), 400)
    np.savez(tmp_path / "waist.npz", **common, fs=200.0, acc=still, acc_scale=1 / 256)
    np.savez(
        tmp_path / "wrist.npz", **common, fs=50.0, acc=still, acc_scale=9.80665 / 256, t_ms=np.arange(400) * 20 + 3
    )
    for name, rate_hz, n in (("waist", 200.0, 400), ("wrist", 50.0, 399)):
        story = recording_story(tmp_path / f"{name}.npz")
        assert signal(story).shape == (n, 3)
        assert np.allclose(signal(story), [0, 1, 0], atol=1e-4)
        piece = observed(story)[0]
        assert isinstance(piece, Waveform)
        assert (piece.position, piece.sampling_rate_hz) == (name, rate_hz)


@pytest.mark.parametrize(("name", "seconds", "rate_hz"), [("mitdb_201", 210, 360), ("cinc2017_A03836", 30, 300)])
def test_an_ecg_arrives_whole_and_in_millivolts(name: str, seconds: int, rate_hz: int) -> None:
    story = recording_story(SHIPPED / f"ecg_{name}.npz")
    lead, rate = ecg(SHIPPED / f"ecg_{name}.npz")
    assert rate == rate_hz
    assert signal(story).shape == (seconds * rate_hz, 1)
    assert np.abs(signal(story)[:, 0] - lead).max() < 0.001
    with pytest.raises(FieldError, match="trial"):
        recording_story(SHIPPED / f"ecg_{name}.npz", trial=7)


def test_glucose_is_converted_at_the_edge() -> None:
    levels = [o.value for o in observed(glucose_story(SHIPPED / "cgm_broll_1_day.npz")) if isinstance(o, Scalar)]
    assert len(levels) == 278
    assert 4.4 < min(levels) < max(levels) < 11.6


def test_packing_keeps_gaps() -> None:
    wave = packed_waveform("ecg", np.array([[0.5], [np.nan]]), sampling_rate_hz=250.0, channels=("II",))
    got = signal((Report(after_ms=0, observed_after_ms=0, waveforms=(wave,)),))
    assert got[0, 0] == pytest.approx(0.5)
    assert np.isnan(got[1, 0])


# What an ordinary day must stay within: inside the limits at which a doctor would be called.
QUIET = {
    "heart_rate": (51, 110),
    "spo2": (94, 100),
    "systolic_pressure": (101, 149),
    "diastolic_pressure": (55, 89),
    "body_temperature": (36.1, 37.5),
    "glucose": (4.0, 6.9),
    "room_temperature": (16, 28),
    "room_humidity": (30, 70),
    "battery": (21, 100),
    "steps": (0, 20_000),
}


@pytest.mark.parametrize("seed", range(25))
def test_an_ordinary_day_alarms_nobody(seed: int) -> None:
    story = tuple(day(seed))
    assert [r.after_ms for r in story] == sorted(r.after_ms for r in story)
    assert story[0].after_ms >= 0
    assert story[-1].after_ms <= DAY_MS
    values = defaultdict(list)
    kinds = set()
    for one in observed(story):
        if isinstance(one, Event):
            kinds.add(one.kind)
        else:
            assert isinstance(one, Scalar)
            values[one.quantity].append(one.value)
    assert set(values) == set(QUIET)
    for quantity, (low, high) in QUIET.items():
        assert low <= min(values[quantity])
        assert max(values[quantity]) <= high
    assert values["steps"] == sorted(values["steps"])
    assert values["steps"][-1] > 800
    assert kinds == {"bed", "motion", "contact"}


def test_a_person_sleeps_slower_than_they_walk() -> None:
    who = person(4)
    rates = {r.after_ms / 3_600_000: r.values["heart_rate"] for r in day(4) if "heart_rate" in r.values}
    night = np.mean([float(v) for h, v in rates.items() if 1 <= h < 5])  # type: ignore[arg-type]
    walk = np.mean([float(v) for h, v in rates.items() if who.walks_h[0] <= h < who.walks_h[0] + 0.5])  # type: ignore[arg-type]
    assert night + 15 < walk


def test_days_are_repeatable_and_differ() -> None:
    assert tuple(day(1)) == tuple(day(1))
    assert tuple(day(1)) != tuple(day(1, number=1))
    assert person(1) == person(1) != person(2)


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_a_scenario_is_repeatable_and_decodes(name: str) -> None:
    scenario = SCENARIOS[name]
    assert scenario.name == name
    story = scenario.make(2)
    assert story == scenario.make(2)
    assert [r.after_ms for r in story] == sorted(r.after_ms for r in story)
    assert observed(story)


def test_a_fall_hits_hard_and_then_lies_still() -> None:
    for seed in range(3):
        length = np.linalg.norm(signal(fall(seed)), axis=1)
        assert length.max() > 3
        assert len(length) > 60 * 20
        assert length[-60 * 20 :].std() < 0.1
        assert np.linalg.norm(signal(daily_activity(seed)), axis=1).max() < 3


def test_emergencies_hold_what_they_promise() -> None:
    low = [o.value for o in scalars(SCENARIOS["desaturation"].make(1)) if o.quantity == "spo2"]
    assert low[0] >= 95
    assert sum(v <= 88 for v in low) >= 18, "three minutes at 10 s"
    crisis = [o for o in scalars(SCENARIOS["hypertensive_crisis"].make(1)) if o.quantity == "systolic_pressure"]
    assert all(o.value >= 180 for o in crisis)
    assert crisis[1].observed_at_ms - crisis[0].observed_at_ms >= 300_000
    assert SCENARIOS["silence"].vanishes
