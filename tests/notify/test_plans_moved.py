"""Two dispatchers of one machine whose clock is set back move what is planned once."""

from __future__ import annotations

from anhu.contract.clock import HOUR_MS, SECOND_MS
from notify.plans_moved import is_first_to_move
from tests.api.world import World


def _is_first(world: World, at_ms: int) -> bool:
    with world.sessions.begin() as session:
        return is_first_to_move(session, at_ms)


def test_the_second_one_moves_nothing_and_the_next_time_somebody_does(either_world: World) -> None:
    at_ms = either_world.clock.now_ms()
    assert _is_first(either_world, at_ms)
    assert not _is_first(either_world, at_ms + SECOND_MS)
    assert _is_first(either_world, at_ms + HOUR_MS)
    assert _is_first(either_world, at_ms)  # set back again
