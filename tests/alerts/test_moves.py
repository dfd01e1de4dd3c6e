"""A resident who moves to a centre of another shard is told of as by one engine: what it remembers goes along."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from alerts.tables import Alert, ResidentHandover
from anhu.contract.clock import MINUTE_MS, SECOND_MS
from anhu.contract.observation import Event, Scalar
from anhu.contract.priority import Priority
from anhu.log.partition import partition_of
from anhu.registry.database import close_sessions
from anhu.registry.devices import update_device
from anhu.registry.residents import update_resident
from anhu.registry.tables import Device
from tests.alerts.test_shards import CENTRES, T0, Site

HERE, THERE = (next(c for c in CENTRES if partition_of(c, 2) == n) for n in range(2))
DEVICE, RESIDENT = f"w-{HERE}-3", f"r-{HERE}-3"
Heard = dict[int, tuple[str, ...]]
"""Second -> events that the device then says; between them it says how fast the heart beats, unless it is silent."""


@pytest.fixture
def site_of(tmp_path: Path) -> Iterator[Callable[[int], Site]]:
    made: list[Site] = []

    def make(partitions: int) -> Site:
        made.append(Site(tmp_path, partitions))
        return made[-1]

    yield make
    for site in made:
        close_sessions(site.sessions)


def told_of(site: Site) -> list[tuple[str, int, str]]:
    with site.sessions.begin() as session:
        rows = session.scalars(select(Alert).where(Alert.resident_id == RESIDENT))
        return sorted((one.kind, one.priority, one.condition) for one in rows)


def play(
    site: Site,
    said: Heard,
    *,
    until_s: int,
    moves_s: int,
    restart_s: int = -1,
    silent_from_s: int = 10**6,
    step_s: int = 1,
) -> list[tuple[int, list[tuple[str, int, str]]]]:
    """Let time pass; return what was told of the resident, each time that it changed, and when. [s]."""
    centre, history = HERE, [(0, told_of(site))]
    for second in range(1, until_s, step_s):
        now_ms = T0 + second * SECOND_MS
        if second >= moves_s and centre == HERE:
            centre = THERE
            with site.sessions.begin() as session:
                update_resident(session, RESIDENT, {"centre_id": THERE})
        if second % 10 == 1 and second < silent_from_s:
            site.say(DEVICE, "3", HERE, Scalar("heart_rate", 70.0, now_ms), key_centre=centre)
        for kind in said.get(second, ()):
            site.say(DEVICE, "3", HERE, Event(kind, now_ms), key_centre=centre)
        site.work(now_ms)
        if second == restart_s:
            site.crash()
        if told_of(site) != history[-1][1]:
            history.append((second, told_of(site)))
    return history


def alone(site: Site) -> Site:
    """Switch the devices of all others off: nobody is in a storm."""
    with site.sessions.begin() as session:
        for device_id in session.scalars(select(Device.id).where(Device.id != DEVICE)).all():
            update_device(session, device_id, {"enabled": False})
    return site


def both(site_of: Callable[[int], Site], said: Heard, **how: int) -> list[tuple[int, list[tuple[str, int, str]]]]:
    """Play it to one engine and to two shards; return what both told."""
    one, two = play(alone(site_of(1)), said, **how), play(alone(site_of(2)), said, **how)
    assert two == one
    return two


def test_a_fall_in_doubt_is_urgent_a_minute_later_though_the_resident_moved(site_of: Callable[[int], Site]) -> None:
    told = both(site_of, {20: ("fall_suspected",)}, until_s=100, moves_s=40)
    assert told[-1][0] == 80
    assert told[-1][1][0][:2] == ("fall_suspected", Priority.HIGH)


def test_also_when_it_was_doubted_at_the_very_time_of_the_move(site_of: Callable[[int], Site]) -> None:
    told = both(site_of, {39: ("fall_suspected",)}, until_s=120, moves_s=40)
    assert told[-1][1][0][:2] == ("fall_suspected", Priority.HIGH)


@pytest.mark.parametrize("later_s", [0, 1, 2, 3, 5, 20])
def test_who_takes_it_back_after_the_move_is_heard_before_and_after_the_memory_came(
    site_of: Callable[[int], Site], later_s: int
) -> None:
    two = play(site_of(2), {20: ("fall_suspected",), 40 + later_s: ("fall_cancelled",)}, until_s=100, moves_s=40)
    assert two[-1][1][0][:1] == ("fall_suspected",)
    assert all(priority < Priority.HIGH for _, told in two for _, priority, _ in told)


def test_the_new_shard_knows_it_also_after_a_crash(site_of: Callable[[int], Site]) -> None:
    told = both(site_of, {20: ("fall_suspected",)}, until_s=100, moves_s=40, restart_s=60)
    assert told[-1][1][0][:2] == ("fall_suspected", Priority.HIGH)


def test_the_old_shard_hands_over_also_after_a_crash(site_of: Callable[[int], Site]) -> None:
    told = both(site_of, {20: ("fall_suspected",)}, until_s=100, moves_s=40, restart_s=41)
    assert told[-1][1][0][:2] == ("fall_suspected", Priority.HIGH)


def test_who_is_silent_is_told_at_the_same_time_though_the_resident_moved(site_of: Callable[[int], Site]) -> None:
    minutes = {"until_s": 40 * 60, "moves_s": 8 * 60, "silent_from_s": 5 * 60, "step_s": 10}
    told = both(site_of, {}, **minutes)
    assert [kind for kind, _, _ in told[-1][1]] == ["device_silent"]


def test_who_moves_and_speaks_is_not_called_silent(site_of: Callable[[int], Site]) -> None:
    told = both(site_of, {}, until_s=15 * 60, moves_s=10 * 60 + 1, step_s=10)
    assert told == [(0, [])]


def test_what_was_handed_over_is_not_kept_for_ever(site_of: Callable[[int], Site]) -> None:
    site = site_of(2)
    play(site, {20: ("fall_suspected",)}, until_s=60, moves_s=40)
    with site.sessions.begin() as session:
        row = session.scalars(select(ResidentHandover)).one()
        assert (row.partition, row.taken_position is not None) == (1, True)
    for minute in (13, 15):
        site.work(T0 + minute * MINUTE_MS)
    with site.sessions.begin() as session:
        assert not session.scalars(select(ResidentHandover)).all()
