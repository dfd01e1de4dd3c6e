"""A short campaign for every change: twenty kills, and every other fault once; the module itself runs long ones."""

from __future__ import annotations

import os

import pytest

from tests.faults.campaign import draw, run_campaign
from tests.faults.fault import all_faults
from tests.faults.setup import Setup

_SEED = os.environ.get("ANHU_TEST_FAULTS_SEED", "1")
_KILLS = 10
_DOOR, _BROKER = Setup("door", "embedded", "sqlite"), Setup("broker", "influxdb", "postgresql")


@pytest.mark.parametrize("setup", [_DOOR, _BROKER], ids=str)
def test_nothing_acknowledged_is_lost_and_nobody_is_paged_twice(setup: Setup) -> None:
    seed = f"{_SEED}-{setup}"
    others = sum(not fault.kills and fault.fits(setup) for fault in all_faults())
    outcome = run_campaign(setup, seed, draw(setup, seed, kills=_KILLS, others=others))
    assert not outcome.verdict.wrong, f"ANHU_TEST_FAULTS_SEED={_SEED}: {outcome.row()}"
    assert sum(outcome.kills.values()) >= _KILLS
