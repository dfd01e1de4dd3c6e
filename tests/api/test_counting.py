"""What nobody needs to know exactly is counted only so far, and the page says that there is more."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from anhu.registry.tables import Device
from api.services import device_list, finding_people
from api.services.counting import Counted, count_up_to
from tests.api.world import NOW_MS, Site, World


@pytest.fixture
def many(site: Site) -> Site:
    with site.world.sessions.begin() as session:
        for n in range(205):
            session.add(Device(id=f"many-{n:03}", codec="open_json", enrolled_at_ms=NOW_MS, version=100 + n))
    return site


@pytest.mark.parametrize(("most", "expected"), [(1, Counted(1, has_more=True)), (2, Counted(2)), (3, Counted(2))])
def test_it_is_counted_so_far(either_world: World, most: int, expected: Counted) -> None:
    with either_world.sessions() as session:
        first = select(Device.id).order_by(Device.id).limit(2).subquery()
        assert count_up_to(session, select(first.c.id), most) == expected


def test_pages_of_devices_go_on_behind_what_is_counted(many: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_list, "_MOST_COUNTED", 150)
    with many.program("admin") as admin:
        pages = [admin.get("/devices", params={"q": "many-", "page": page}).text for page in (1, 2, 3)]
    assert ["150+" in page for page in pages] == [True, True, True]
    assert [page.count('href="/devices/many-') > 0 for page in pages] == [True, True, True]
    assert ["page=4" in page for page in pages] == [False, False, False]
    assert "page=3" in pages[1]


def test_residents_that_are_not_counted_to_the_end_are_more(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding_people, "SORTED_UP_TO", 1)
    with site.program("admin") as admin:
        assert "1+" in admin.get("/residents").text
