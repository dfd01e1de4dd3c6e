"""What relatives say stands on the card of the alarm, where whoever sends somebody reads it."""

from __future__ import annotations

import pytest

from anhu.contract.clock import HOUR_MS
from tests.api.world import Site

HTML = {"Accept": "text/html"}


def say(site: Site, what: str, **more: object) -> None:
    body = {"what": what, "key": f"key-{what}-0001", **more}
    with site.program("family") as family:
        answer = family.post("/api/v1/residents/r-ours/family-words", json=body)
        assert answer.is_success, answer.text


def shown(site: Site, alert: str) -> tuple[bool, bool]:
    """Return whether a relative stands on the card of the queue, and on the alarm."""
    with site.browser("desk") as desk:
        queue = desk.get("/desk", headers=HTML).text.partition(f'id="card-{alert}"')[2].partition("</li>\n</ul>")[0]
        alarm = desk.get(f"/desk?alert={alert}", headers=HTML).text.partition('id="alarm"')[2]
    return 'data-part="family"' in queue, 'data-part="family"' in alarm


@pytest.mark.parametrize("what", ["going", "here", "well"])
def test_what_a_relative_says_stands_on_the_card_and_the_alarm(site: Site, what: str) -> None:
    alert = site.world.raise_alert("r-ours")
    assert shown(site, alert) == (False, False)
    say(site, what, **({"minutes": 20} if what == "going" else {}))
    assert shown(site, alert) == (True, True)


def test_who_cannot_go_after_all_is_no_longer_expected(site: Site) -> None:
    alert = site.world.raise_alert("r-ours")
    say(site, "going", minutes=20)
    site.world.clock.forward(1_000)
    say(site, "not_going")
    assert shown(site, alert) == (False, False)


def test_a_word_of_this_morning_is_not_about_the_alarm_of_tonight(site: Site) -> None:
    say(site, "going", minutes=20)
    site.world.clock.forward(2 * HOUR_MS)
    alert = site.world.raise_alert("r-ours")
    assert shown(site, alert) == (False, False)


def test_the_sheet_for_the_ambulance_is_one_click_from_the_alarm(site: Site) -> None:
    alert = site.world.raise_alert("r-ours")
    with site.browser("desk") as desk:
        assert f"/residents/r-ours/sheet?alert={alert}" in desk.get(f"/desk?alert={alert}", headers=HTML).text
