"""The directory as shards read it at their start: everybody once, in the shard that gets what the devices say."""

from __future__ import annotations

from collections import Counter
from itertools import chain

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session, sessionmaker

from alerts import roster_whole
from alerts.own_limits import set_limit
from alerts.roster import load_roster
from anhu.log.partition import partition_of
from anhu.registry.devices import create_device, update_device
from anhu.registry.organisations import create_centre
from anhu.registry.residents import create_resident, update_resident

NOW_MS = 1_795_300_000_000
CENTRES = ("c-1", "c-2", "c-3", "c-4")
SHARDS = 3


@pytest.fixture
def city(sessions: sessionmaker[Session]) -> sessionmaker[Session]:
    """Four centres of five homes with two devices each, five homes of no centre; some are watched no longer."""
    with sessions.begin() as session:
        for centre in CENTRES:
            create_centre(session, name=centre, centre_id=centre)
        for n, lives_in in enumerate((*CENTRES, None)):
            for home in range(5):
                name = f"r-{n}-{home}"
                create_resident(session, name="Li", now_ms=1, resident_id=name, centre_id=lives_in)
                for what, alarms in (("watch", ["sos", "fall"]), ("button", ["sos"])):
                    create_device(
                        session, device_id=f"{what}-{n}-{home}", codec="open_json", now_ms=1, resident_id=name,
                        alarms=alarms,
                    )  # fmt: skip
        create_device(session, device_id="in-stock", codec="open_json", now_ms=1)
        update_resident(session, "r-0-0", {"active": False})
        update_device(session, "watch-1-1", {"enabled": False})
    return sessions


def _ids(sessions: sessionmaker[Session], partition: int, partitions: int) -> list[str]:
    with sessions.begin() as session:
        _, found = load_roster(
            session, since_version=0, checked_at_ms=0, now_ms=NOW_MS, partition=partition, partitions=partitions
        )
    return [one.device_id for one in found]


def test_each_device_is_in_one_shard(city: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roster_whole, "PAGE", 2)
    whole = _ids(city, 0, 1)
    assert len(whole) == len(set(whole)) == 2 * 25 - 2 - 1
    parts = [_ids(city, n, SHARDS) for n in range(SHARDS)]
    assert Counter(chain.from_iterable(parts)) == Counter(whole)
    for n, centre in enumerate(CENTRES):
        assert f"button-{n}-4" in parts[partition_of(centre, SHARDS)]
    for home in range(5):
        assert f"watch-4-{home}" in parts[partition_of(f"r-4-{home}", SHARDS)]


def test_a_shard_does_not_read_the_homes_of_the_others(city: sessionmaker[Session]) -> None:
    read: list[object] = []
    with city.begin() as session:
        connection = session.connection()
        event.listen(connection, "before_cursor_execute", lambda *args: read.append(args[3]))
        load_roster(session, since_version=0, checked_at_ms=0, now_ms=NOW_MS, partition=0, partitions=SHARDS)
    asked = repr(read)
    others = [n for n, centre in enumerate(CENTRES) if partition_of(centre, SHARDS)]
    assert others
    assert not [n for n in others if f"r-{n}-1" in asked]


def test_what_a_whole_roster_says_is_what_a_change_says(city: sessionmaker[Session]) -> None:
    with city.begin() as session:
        set_limit(
            session, resident_id="r-2-1", name="heart_rate_high.high_bpm", value=140.0, set_by="dr", now_ms=1,
            until_ms=NOW_MS + 1,
        )  # fmt: skip
    with city.begin() as session:
        version, whole = load_roster(session, since_version=0, checked_at_ms=0, now_ms=NOW_MS)
        _, changed = load_roster(session, since_version=1, checked_at_ms=NOW_MS, now_ms=NOW_MS)
        _, ended = load_roster(session, since_version=version, checked_at_ms=NOW_MS, now_ms=NOW_MS + 1)
    by_id = {one.device_id: one for one in whole}
    seen = [one for one in changed if one.resident_id]
    assert seen
    assert all(by_id[one.device_id] == one for one in seen)
    assert dict(by_id["watch-2-1"].profile.limits) == {"heart_rate_high.high_bpm": 140.0}
    assert by_id["watch-2-1"].profile.only_alarm_device
    assert not by_id["button-2-1"].profile.only_alarm_device
    assert {one.device_id for one in ended} == {"watch-2-1", "button-2-1"}
    assert all(not one.profile.limits for one in ended)
