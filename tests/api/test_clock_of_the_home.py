"""Pages about somebody who lives by another clock tell the time there, and say which clock it is."""

from __future__ import annotations

import pytest

from anhu.registry.tables import Resident
from tests.api.world import Site


@pytest.fixture
def abroad(site: Site) -> Site:
    with site.world.sessions.begin() as session:
        session.get_one(Resident, "r-ours").time_zone = "Europe/Berlin"
    return site


@pytest.mark.parametrize("role", ["desk", "family"])
def test_the_page_of_a_resident_is_on_the_clock_of_the_home(abroad: Site, role: str) -> None:
    abroad.world.raise_alert("r-ours")
    with abroad.browser(role) as reader:
        page = reader.get("/residents/r-ours").text
        others = reader.get("/residents/r-theirs")
    assert 'data-zone="Europe/Berlin"' in page
    assert "Europe/Berlin (UTC+1)" in page
    assert others.status_code == 404
    if role == "desk":
        assert "05:00" in page
        assert "12:00" not in page


def test_the_desk_stays_on_its_own_clock_and_names_the_other(abroad: Site) -> None:
    alert = abroad.world.raise_alert("r-ours")
    with abroad.browser("desk") as desk:
        page = desk.get(f"/desk?alert={alert}").text
    assert 'data-zone="Asia/Shanghai"' in page
    assert "05:00:00 Europe/Berlin (UTC+1)" in page


def test_one_clock_is_named_once(site: Site) -> None:
    alert = site.world.raise_alert("r-ours")
    with site.browser("desk") as desk:
        assert 'data-part="there"' not in desk.get(f"/desk?alert={alert}").text
