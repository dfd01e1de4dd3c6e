"""A short campaign for every change: twenty kills, and some of the others; the module itself runs long ones."""

from __future__ import annotations

import os
from importlib import import_module
from operator import attrgetter

import pytest

from tests.faults.campaign import draw, run_campaign
from tests.faults.fault import all_faults
from tests.faults.hooks import POINTS
from tests.faults.setup import Setup

_SEED = os.environ.get("ANHU_TEST_FAULTS_SEED", "1")
_KILLS, _OTHERS = 10, 8
_DOOR, _BROKER = Setup("door", "embedded", "sqlite"), Setup("broker", "influxdb", "postgresql")


@pytest.mark.parametrize("setup", [_DOOR, _BROKER], ids=str)
def test_nothing_acknowledged_is_lost_and_nobody_is_paged_twice(setup: Setup) -> None:
    seed = f"{_SEED}-{setup}"
    outcome = run_campaign(setup, seed, draw(setup, seed, kills=_KILLS, others=_OTHERS, short=True))
    assert not outcome.verdict.wrong, f"ANHU_TEST_FAULTS_SEED={_SEED}: {outcome.row()}"
    assert sum(outcome.kills.values()) >= _KILLS


@pytest.mark.parametrize("target", [t for steps in POINTS.values() for targets in steps.values() for t in targets])
def test_every_point_at_which_a_process_can_die_is_there(target: str) -> None:
    module, _, path = target.partition(":")
    assert callable(attrgetter(path)(import_module(module)))


def test_every_fault_has_a_name_of_its_own_and_the_seed_decides() -> None:
    names = [fault.name for fault in all_faults()]
    assert len(names) == len(set(names))
    first, again, other = (draw(_DOOR, seed, kills=20, others=20) for seed in ("1", "1", "2"))
    assert first == again != other
