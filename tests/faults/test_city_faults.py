"""A short campaign of the whole city for every change; ``make faults`` runs long ones."""

from __future__ import annotations

import os

from tests.city.faults.campaign import draw, run_campaign
from tests.city.faults.catalogue import FAULTS

_SEED = os.environ.get("ANHU_TEST_FAULTS_SEED", "1")
_KILLS, _OTHERS = 6, 2


def test_a_city_loses_nothing_acknowledged_and_pages_nobody_twice() -> None:
    outcome = run_campaign(_SEED, draw(_SEED, kills=_KILLS, others=_OTHERS, short=True))
    assert not outcome["wrong"], f"ANHU_TEST_FAULTS_SEED={_SEED}: {outcome}"
    assert outcome["kills"] >= _KILLS


def test_every_fault_has_a_name_of_its_own_and_the_seed_decides() -> None:
    names = [fault.name for fault in FAULTS]
    assert len(names) == len(set(names))
    first, again, other = (draw(seed, kills=20, others=20) for seed in ("1", "1", "2"))
    assert first == again != other
    assert sum(fault.kills for fault in first) >= 20
