"""Made-up emergencies: in homes of many kinds whoever lies still is found, and nobody is called for else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from alerts.accuracy.made_up_rates import CALLS, HARMLESS, made_up
from alerts.accuracy.sets import beat_rates, cast_hr, home_sensors
from alerts.accuracy.stillness import emergencies
from alerts.training.homes import Setting, left_out
from tests.varied_homes import PROFILE, alarms, found, readings, table

DAYS = 12


@pytest.mark.parametrize("kind", ["five times a night", "night owl", "television"])
def test_nobody_is_called_for_and_everybody_is_found(kind: str) -> None:
    assert alarms(kind, 0, DAYS).total() == 0
    noticed, of, waits = found(kind, 0, DAYS)
    assert noticed == of > 4 * (DAYS - 3)
    assert waits[-1] < 24


def test_who_leaves_the_bed_and_does_not_come_back_is_called_for_as_the_own_nights_say() -> None:
    history = list(readings("five times a night", 0, DAYS))
    beside = [one for one in emergencies(history, ("bed_exit",), PROFILE, ()) if one.beside_bed]
    waits = [one.after_s for one in beside]
    assert waits[0] == 45 * 60
    assert max(wait for wait in waits[8:] if wait is not None) <= 20 * 60
    silent = ["bed_exit" in one.silent for one in beside]
    assert silent[0]
    assert not any(silent[8:])


def test_the_table_names_every_kind_of_home() -> None:
    said = table([0], 2)
    assert "a mat that loses people: alarms per person-week" in said
    assert said.splitlines()[-1].startswith("all: no_motion")


def test_two_mats_of_a_bed_are_one_bed(tmp_path: Path) -> None:
    lines = [
        "start,end,sensor",
        "2008-02-25T23:00:00,2008-02-26T03:00:00,pressure mat bed left",
        "2008-02-26T02:00:00,2008-02-26T07:00:00,pressure mat bed right",
    ]
    (tmp_path / "events.csv").write_text("\n".join(lines), encoding="utf-8")
    said = [(event.kind, event.state) for _, event in home_sensors.events(tmp_path)]
    assert said == [("bed", "on"), ("bed", "off")]


def test_the_other_homes_choose_and_of_equals_the_widest() -> None:
    counts: dict[Setting, dict[str, int]] = {
        (4.0,): {"a": 0, "b": 3},
        (5.0,): {"a": 1, "b": 0},
        (6.0,): {"a": 2, "b": 0},
    }
    assert left_out(counts, "a") == ((6.0,), 2)
    assert left_out(counts, "b") == ((4.0,), 3)


def test_made_up_minutes_are_told_as_they_should_be(tmp_path: Path) -> None:
    wander = np.random.default_rng(4).normal(72, 2, 86_400).round(2)
    np.savez(tmp_path / "x.npz", fs=1.0, hr=(100 * wander).astype(np.int16), hr_scale=0.01)
    told = list(made_up("x", list(cast_hr.readings(tmp_path / "x.npz")), cast_hr.PROFILE))
    assert {case for case, _ in told} == {*CALLS, *HARMLESS}
    assert [case.name for case, count in told if count.amount != 1.0] == []


def test_beats_become_a_rate_a_minute(tmp_path: Path) -> None:
    rr = np.concatenate([np.full(60, 128), np.full(15, 4 * 128), np.full(120, 64)])
    np.savez(tmp_path / "p.npz", fs=128, beat0=0, rr=rr)
    rates = [one.observations[0].value for one in beat_rates.readings(tmp_path / "p.npz")]  # type: ignore[union-attr]
    assert rates[0] == pytest.approx(60)
    assert rates[-1] == pytest.approx(120)
    assert len(rates) == 2, "the minute of the gap has no rate"
