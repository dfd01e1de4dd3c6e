from __future__ import annotations

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from alerts.accuracy.cost import EVERY_DETECTOR
from alerts.accuracy.sets import cast_hr, cgm, home_sensors
from alerts.detectors import discover
from tests.ordinary_days import lived, table

SETS = ("cast_hr", "cgm", "home_sensors")


@pytest.mark.parametrize("name", SETS)
def test_a_set_that_is_not_there_yields_nothing_to_count(name: str, tmp_path: Path) -> None:
    module = import_module(f"alerts.accuracy.sets.{name}")
    assert set(module.DETECTORS) <= {EVERY_DETECTOR, *(detector.name for detector in discover())}
    assert all(row.count == 0 for row in module.measure(tmp_path))


def test_a_slow_heart_is_asked_about_once_and_no_alarm(tmp_path: Path) -> None:
    (tmp_path / "cast_hr").mkdir()
    np.savez(tmp_path / "cast_hr" / "x.npz", fs=1.0, hr=np.full(86_400, 4_500, dtype=np.int16), hr_scale=0.01)
    rows = {row.detector: row for row in cast_hr.measure(tmp_path) if row.metric == "alarms_per_person_week"}
    assert rows["heart_rate_low"].count == 0
    assert rows["usual_heart_rate"].count == 1
    assert rows["usual_heart_rate"].value == pytest.approx(7, rel=0.01)
    assert rows["heart_rate_high"].count == 0
    costs = [row for row in cast_hr.measure(tmp_path) if row.detector == EVERY_DETECTOR]
    assert [(row.group, row.count) for row in costs] == [
        ("batch, 1 numbers a message", 1_440),
        ("batch, 5 numbers a message", 1_440),
    ]


def test_glucose_is_read_by_person(tmp_path: Path) -> None:
    (tmp_path / "cgm").mkdir()
    times = np.datetime64("2015-11-24T00:00:00") + np.arange(576) % 288 * np.timedelta64(5, "m")
    who = np.repeat(["a", "b"], 288)
    np.savez(tmp_path / "cgm" / "two.npz", id=who, time=times, glucose=np.full(576, 110.0, dtype=np.float32))
    assert [person for person, _ in cgm.people(tmp_path)] == ["two a", "two b"]
    assert all(row.value == 0 for row in cgm.measure(tmp_path) if row.metric == "alarms_per_person_week")


def test_sensors_are_told_by_their_names(tmp_path: Path) -> None:
    home = tmp_path / "home_sensors" / "x"
    home.mkdir(parents=True)
    lines = [
        "start,end,location,type,place",
        "2011-11-28T02:00:00,2011-11-28T09:00:00,Bed,Pressure,Bedroom",
        "2011-11-28T09:10:00,2011-11-28T09:11:00,Basin,PIR,Bathroom",
        "2011-11-28T10:00:00,2011-11-28T10:01:00,Maindoor,Magnetic,Entrance",
    ]
    (home / "events.csv").write_text("\n".join(lines), encoding="utf-8")
    found = [(event.kind, event.state, event.attributes["room"]) for _, event in home_sensors.events(home)]
    assert found[:3] == [("bed", "on", "bedroom"), ("bed", "off", "bedroom"), ("motion", "on", "bathroom")]
    assert found[-1] == ("contact", "off", "front_door")


@pytest.mark.parametrize("seed", [0, 23])
def test_made_up_days_of_an_old_person_alarm_nobody(seed: int) -> None:
    found = lived(seed, 3)
    assert found["messages"] > 3 * 1_440
    assert found["raised"] == []
    assert table([found]).startswith("1 people, 0.4 person-weeks")
