"""The page behind a message's link: to look changes nothing, a button answers once, it tells what its message did."""

from __future__ import annotations

import httpx
import pytest

from alerts.episodes import responses
from alerts.episodes.answer_links import mint
from alerts.tables import Alert, AlertEvent
from anhu.contract.clock import DAY_MS
from anhu.registry.tables import Audit, Contact
from tests.api.world import Site, World


@pytest.fixture
def alert_id(world: World) -> str:
    world.contact("https://desk.example/")
    world.contact("https://daughter.example/", owner="user", language="en")
    with world.sessions.begin() as session:
        session.get_one(Contact, "k-2").owner_id = "u-family"
    return world.raise_alert("r-ours", "sos")


def link(world: World, alert_id: str, contact: str = "k-1") -> str:
    with world.sessions.begin() as session:
        return f"/a/{mint(session, alert_id, contact, world.clock.now_ms())}"


def stands(world: World, alert_id: str) -> tuple[str, str]:
    with world.sessions() as session:
        alert = session.get_one(Alert, alert_id)
        return alert.response, alert.assignee


def press(client: httpx.Client, path: str, what: str, **more: str) -> httpx.Response:
    return client.post(path, data={"what": what, **more})


def test_who_looks_answers_nothing_however_often(site: Site, world: World, alert_id: str) -> None:
    path = link(world, alert_id)
    with site.anonymous() as client:
        for _ in range(3):
            page = client.get(path, headers={"User-Agent": "Slackbot-LinkExpanding 1.0"})
            assert page.status_code == 200
        client.head(path)
    assert stands(world, alert_id) == ("unacked", "")
    assert 'name="what" value="acknowledge"' in page.text
    with world.sessions() as session:
        assert {row.action for row in session.query(Audit)} == {"alert.read"}
        assert session.query(AlertEvent).count() == 1


def test_it_says_no_more_than_its_message(site: Site, world: World, alert_id: str) -> None:
    with site.anonymous() as client:
        page = client.get(link(world, alert_id))
    assert "张*三" in page.text
    for secret in ("张小三", "幸福里", "13800000000", "key at 502", "r-ours", "1941"):
        assert secret not in page.text
    assert len(page.content) < 4_000
    assert "<script" not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in page.headers["X-Robots-Tag"]


def test_a_button_answers_once_as_on_the_desk(site: Site, world: World, alert_id: str) -> None:
    path = link(world, alert_id)
    with site.anonymous() as client:
        page = press(client, path, "acknowledge")
        assert page.status_code == 200
        assert "由您负责" in page.text
        assert 'value="acknowledge"' not in page.text
        world.clock.forward(1_000)
        press(client, path, "acknowledge")
    assert stands(world, alert_id) == ("acknowledged", "ours")
    with world.sessions() as session:
        (line,) = session.query(AlertEvent).filter_by(what="acknowledged")
        assert (line.actor, line.data["via"]) == ("ours", "link")
        done = session.query(Audit).filter_by(action="alert.acknowledge").all()
        assert [(row.user_id, row.resident_id, row.address) for row in done] == [("ours", "r-ours", "127.0.0.1")]


def test_on_the_way_says_in_how_many_minutes_and_the_next_one_sees_who_comes(
    site: Site, world: World, alert_id: str
) -> None:
    with site.anonymous() as client:
        press(client, link(world, alert_id, "k-2"), "on_the_way", minutes="20")
        other = client.get(link(world, alert_id))
    assert stands(world, alert_id) == ("unacked", ""), "a relative who goes is not the desk: paging goes on"
    assert "the family" in other.text
    assert "20 分钟" in other.text
    assert 'value="acknowledge"' in other.text
    assert 'value="on_the_way"' in other.text, "a second one may go, too"


def test_it_speaks_the_contacts_language_unless_the_reader_chose_one(site: Site, world: World, alert_id: str) -> None:
    path = link(world, alert_id, "k-2")
    with site.anonymous() as client:
        page = client.get(path, headers={"Accept-Language": "zh-CN"})
        assert "I am on the way" in page.text
        assert "I take it" not in page.text, "a relative answers no alarm"
        client.cookies.set("anhu_language", "zh-CN")
        assert "我已出发" in client.get(path).text


def test_after_the_end_it_says_what_became_of_it_and_has_no_button(site: Site, world: World, alert_id: str) -> None:
    path = link(world, alert_id)
    with world.sessions.begin() as session:
        responses.close(session, alert_id, "false", actor="u-desk", now_ms=world.clock.now_ms())
    with site.anonymous() as client:
        pages = [client.get(path), press(client, path, "acknowledge")]
    for page in pages:
        assert page.status_code == 200
        assert "报警已结束" in page.text
        assert "<button" not in page.text
    assert stands(world, alert_id) == ("closed", "u-desk")


def test_a_link_that_is_over_or_never_was_answers_nothing_and_says_what_to_do(
    site: Site, world: World, alert_id: str
) -> None:
    path = link(world, alert_id)
    world.clock.forward(DAY_MS)
    with site.anonymous() as client:
        over, never = press(client, path, "acknowledge"), press(client, f"{path}x", "acknowledge")
    assert (over.status_code, never.status_code) == (200, 404)
    for page in (over, never):
        assert "此链接已失效" in page.text
        assert "张*三" not in page.text
    assert stands(world, alert_id) == ("unacked", "")


@pytest.mark.parametrize("given", [{}, {"what": "close"}, {"what": "on_the_way", "minutes": "-1"}, {"what": "Cannot"}])
def test_what_is_not_offered_is_refused(site: Site, world: World, alert_id: str, given: dict[str, str]) -> None:
    with site.anonymous() as client:
        assert client.post(link(world, alert_id), data=given).status_code in {404, 422}
    assert stands(world, alert_id) == ("unacked", "")


def test_an_address_that_guesses_is_held_off_and_a_good_link_is_not(site: Site, world: World, alert_id: str) -> None:
    good = link(world, alert_id)
    with site.anonymous() as client:
        codes = [client.get(f"/a/guess-{n:03}").status_code for n in range(25)]
        assert codes[:20] == [404] * 20
        assert set(codes[20:]) == {429}
    assert site.deps.links.refused == 5
    world.clock.forward(60_000)
    with site.anonymous() as client:
        assert client.get(good).status_code == 200


def test_a_session_that_is_open_in_the_same_browser_is_neither_needed_nor_used(
    site: Site, world: World, alert_id: str
) -> None:
    with site.browser("vendor") as client:
        assert press(client, link(world, alert_id), "acknowledge").status_code == 200
    assert stands(world, alert_id) == ("acknowledged", "ours")
