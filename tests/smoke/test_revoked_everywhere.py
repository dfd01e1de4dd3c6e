"""A device that is revoked, or given a new secret, is cut off at every door; the times are measured by the bench."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.bench.every_door import DOORS, WITH_SECRETS, Place, every_door
from tests.smoke.installation import until


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with every_door(tmp_path_factory.mktemp("doors")) as (made, _):
        yield made


def _has(place: Place, door: str) -> None:
    if door not in place.doors:
        pytest.skip("this machine's Mosquitto has no dynamic security")


@pytest.mark.parametrize("door", DOORS)
def test_a_revoked_device_is_cut_off_refused_and_let_in_again(place: Place, door: str) -> None:
    _has(place, door)
    device_id = f"{1_000_000_000 + DOORS.index(door)}"
    device = place.visitor(door, device_id, place.enrol(door, device_id))
    try:
        assert device.come_in()
        place.revoke(device_id)
        device.cut_off_s()
        assert not device.come_in()
        place.enable(device_id)
        until(device.come_in, place.platform.log)
    finally:
        device.leave()


@pytest.mark.parametrize("door", WITH_SECRETS)
def test_whoever_has_the_old_secret_is_cut_off_and_the_new_one_opens(place: Place, door: str) -> None:
    _has(place, door)
    device_id = f"{2_000_000_000 + DOORS.index(door)}"
    thief = place.visitor(door, device_id, place.enrol(door, device_id))
    assert thief.come_in()
    owner = place.visitor(door, device_id, place.rotate(device_id))
    try:
        thief.cut_off_s()
        until(owner.come_in, place.platform.log)
        assert not thief.come_in()
    finally:
        thief.leave()
        owner.leave()
