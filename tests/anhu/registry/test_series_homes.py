"""Where a resident's series lie: by the centre's county, written down when it changes, the same for who asks again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session, sessionmaker

from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.devices import create_device
from anhu.registry.migrations import upgrade
from anhu.registry.organisations import create_centre, create_organisation, update_place
from anhu.registry.residents import create_resident, update_resident
from anhu.registry.series_homes import ResidentHomes
from anhu.registry.tables import Centre, Organisation

NOW_MS = 1_795_300_000_000
STORES = {"330106": "west", "330110": "east"}


@pytest.fixture
def sessions(empty_url: str) -> Iterator[sessionmaker[Session]]:
    upgrade(empty_url)
    made = open_sessions(empty_url)
    with made.begin() as session:
        create_organisation(session, name="o", organisation_id="o-1", region_code="330110")
        create_centre(session, name="w", centre_id="c-west", region_code="330106")
        create_centre(session, name="e", centre_id="c-east", organisation_id="o-1")
        create_centre(session, name="n", centre_id="c-none")
        for resident, centre, region in (
            ("r-west", "c-west", "330110"),
            ("r-east", "c-east", ""),
            ("r-home", None, "330106"),
            ("r-none", "c-none", ""),
        ):
            create_resident(
                session, name="x", resident_id=resident, centre_id=centre, region_code=region, now_ms=NOW_MS
            )
            create_device(session, device_id=f"w-{resident}", codec="open_json", resident_id=resident, now_ms=NOW_MS)
    yield made
    close_sessions(made)


def homes(sessions: sessionmaker[Session], **options: object) -> ResidentHomes:
    return ResidentHomes(sessions, lambda county: STORES.get(county, "default"), **options)  # type: ignore[arg-type]


ALL = ("r-west", "r-east", "r-home", "r-none", "r-stranger")


def test_the_centre_then_who_runs_it_then_the_home_says_the_county(sessions: sessionmaker[Session]) -> None:
    found = homes(sessions).settle(ALL, NOW_MS)
    assert {one: [tuple(row) for row in rows] for one, rows in found.items()} == {
        "r-west": [(0, "west")],
        "r-east": [(0, "east")],
        "r-home": [(0, "west")],
        "r-none": [(0, "default")],
        "r-stranger": [(0, "default")],
    }
    assert homes(sessions).known(ALL) == found


def test_a_move_begins_a_row_and_asking_again_changes_nothing(sessions: sessionmaker[Session]) -> None:
    register = homes(sessions)
    register.settle(ALL, NOW_MS)
    with sessions.begin() as session:
        update_resident(session, "r-west", {"centre_id": "c-east"})
    for later in (5, 9):
        assert register.settle(["r-west"], NOW_MS + later)["r-west"] == [(0, "west"), (NOW_MS + 5, "east")]
    with sessions.begin() as session:
        update_resident(session, "r-west", {"centre_id": "c-west"})
    assert register.settle(["r-west"], NOW_MS + 20)["r-west"][-1] == (NOW_MS + 20, "west")


@pytest.mark.parametrize(
    ("table", "place", "resident"), [(Centre, "c-west", "r-west"), (Organisation, "o-1", "r-east")]
)
def test_a_place_that_gets_another_county_is_heard_of(
    sessions: sessionmaker[Session], table: type[Centre], place: str, resident: str
) -> None:
    register = homes(sessions)
    register.settle(ALL, NOW_MS)
    version, _ = register.changed_since(-1)
    assert register.changed_since(version) == (version, ())
    with sessions.begin() as session:
        update_place(session, table, place, {"region_code": "110101"})
    _, changed = register.changed_since(version)
    assert changed == [resident]
    assert register.settle([resident], NOW_MS + 1)[resident][-1] == (NOW_MS + 1, "default")


def test_who_was_there_when_all_lay_in_one_store_is_looked_for_there_too(sessions: sessionmaker[Session]) -> None:
    register = homes(sessions, parted_ms=NOW_MS + 100, before="default")
    found = register.settle(["r-west", "r-none"], NOW_MS + 500)
    assert found["r-west"] == [(0, "default"), (NOW_MS + 100, "west")]
    assert found["r-none"] == [(0, "default")]
    with sessions.begin() as session:
        create_resident(session, name="n", resident_id="r-new", centre_id="c-west", now_ms=NOW_MS + 200)
    assert register.settle(["r-new"], NOW_MS + 500)["r-new"] == [(0, "west")]
