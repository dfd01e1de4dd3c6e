"""The faults of a whole city: named, and drawn by the seed. ``make faults`` has them happen at length."""

from __future__ import annotations

from tests.city.faults.campaign import draw
from tests.city.faults.catalogue import FAULTS


def test_every_fault_has_a_name_of_its_own_and_the_seed_decides() -> None:
    names = [fault.name for fault in FAULTS]
    assert len(names) == len(set(names))
    first, again, other = (draw(seed, kills=20, others=20) for seed in ("1", "1", "2"))
    assert first == again != other
    assert sum(fault.kills for fault in first) >= 20
