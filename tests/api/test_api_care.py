"""Service requests, what relatives say, answers that come late or twice, links to the emergency sheet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from alerts.tables import Alert, AlertEvent, Escalation
from anhu.contract.clock import HOUR_MS, MINUTE_MS
from anhu.outbox.tables import Outbox
from anhu.registry.care_tables import FamilyWord, ServiceRequest
from anhu.registry.roles import Role
from anhu.registry.tables import Audit, Contact, FamilyLink, User
from ingest.store.embedded.query import SqliteStoreQuery
from tests.api.world import NOW_MS, Site, World, serve

KEY = "key-00000001"


@pytest.fixture
def either(either_world: World, store: SqliteStoreQuery) -> Iterator[Site]:
    with serve(either_world, store) as served:
        yield served


def test_a_meal_is_asked_for_taken_and_brought(either: Site) -> None:
    with either.program("family") as family, either.program("desk") as desk, either.program("team") as team:
        asked = {"kind": "meal", "text": "no salt", "due_in_h": 2, "key": KEY}
        path = "/api/v1/residents/r-ours/requests"
        first, twice = (family.post(path, json=asked).json() for _ in range(2))
        assert first["id"] == twice["id"]
        either.world.clock.forward(3 * HOUR_MS)
        (waiting,) = desk.get("/api/v1/requests").json()
        assert (waiting["state"], waiting["overdue"], waiting["asked_by_name"]) == ("open", True, "the family")
        step = f"/api/v1/requests/{first['id']}"
        assert desk.post(f"{step}/take").json()["taken_by_name"] == "the desk"
        assert team.post(f"{step}/take").status_code == 409
        done = desk.post(f"{step}/done", json={"outcome": "brought at 11:40"}).json()
        assert (done["state"], done["outcome"], done["overdue"]) == ("done", "brought at 11:40", False)
        assert desk.post(f"{step}/cancel", json={"outcome": "x"}).status_code == 409
        assert family.get("/api/v1/requests").json() == []
        assert [one["outcome"] for one in family.get(path).json()] == ["brought at 11:40"]
        assert [one["id"] for one in desk.get("/api/v1/requests?ended=true").json()] == [first["id"]]
    with either.world.sessions() as session:
        actions = {row.action for row in session.query(Audit)}
        assert {"request.ask", "request.take", "request.done"} <= actions
        assert session.query(ServiceRequest).count() == 1


def test_a_relative_takes_back_only_an_own_request_and_takes_none(site: Site) -> None:
    path = "/api/v1/residents/r-ours/requests"
    with site.program("family") as family, site.program("desk") as desk:
        own = family.post(path, json={"kind": "visit", "key": KEY}).json()["id"]
        desks = desk.post(path, json={"kind": "repair", "key": KEY}).json()["id"]
        assert family.post(f"/api/v1/requests/{desks}/cancel", json={"outcome": "x"}).status_code == 403
        assert family.post(f"/api/v1/requests/{own}/take").status_code == 403
        cancelled = family.post(f"/api/v1/requests/{own}/cancel", json={"outcome": "not needed"}).json()
        assert cancelled["state"] == "cancelled"
        assert family.post("/api/v1/residents/r-theirs/requests", json={"kind": "meal", "key": KEY}).status_code == 404


def test_a_relative_who_goes_is_seen_and_the_desk_is_paged_all_the_same(either: Site) -> None:
    either.world.contact("https://desk.example/hook")
    alert = either.world.raise_alert("r-ours")
    say = "/api/v1/residents/r-ours/family-words"
    with either.program("family") as family, either.program("desk") as desk:
        going = {"what": "going", "minutes": 40, "key": KEY, "said_ago_s": 300, "note": "I have the key"}
        first, twice = (family.post(say, json=going).json() for _ in range(2))
        assert first["id"] == twice["id"]
        assert family.post(say, json={"what": "well", "key": "key-00000002"}).status_code == 201
        history = desk.get(f"/api/v1/alerts/{alert}/history").json()
        assert [(line["what"], line["actor_name"], line["text"]) for line in history[1:]] == [
            ("family_going", "the family", "I have the key"),
            ("family_well", "the family", ""),
        ]
        assert history[1]["data"] == {"said_at_ms": NOW_MS - 300_000, "arrives_at_ms": NOW_MS + 35 * MINUTE_MS}
        assert desk.get(f"/api/v1/alerts/{alert}").json()["response"] == "unacked"
        assert desk.post(say, json=going).status_code == 403
        assert family.post("/api/v1/residents/r-theirs/family-words", json=going).status_code == 404
    with either.world.sessions() as session:
        assert session.get_one(Alert, alert).is_open
        assert session.query(Escalation).count() == 1
        assert [row.state for row in session.query(Outbox)] == ["pending"]
        assert session.query(FamilyWord).count() == 2


def test_what_a_relative_says_sounds_no_alarm_at_the_desk(site: Site) -> None:
    site.world.raise_alert("r-ours")
    with site.browser("desk") as desk, site.program("family") as family:
        before = desk.get("/watch.json").json()
        family.post("/api/v1/residents/r-ours/family-words", json={"what": "here", "key": KEY})
        after = desk.get("/watch.json").json()
    assert after["calls"] == before["calls"]
    assert after["mark"] != before["mark"]


def test_an_answer_that_comes_twice_is_one_and_one_that_comes_too_late_is_kept(either: Site) -> None:
    either.world.contact("https://desk.example/hook")
    alert = either.world.raise_alert("r-ours")
    path = f"/api/v1/alerts/{alert}/steps"
    with either.program("team") as team, either.program("desk") as desk:
        taken = {"step": "acknowledge", "key": KEY, "said_ago_s": 600}
        first, twice = (team.post(path, json=taken).json() for _ in range(2))
        assert first["applied"]
        assert twice["applied"]
        assert first["alert"]["response"] == twice["alert"]["response"] == "acknowledged"
        assert desk.post(f"/api/v1/alerts/{alert}/close", json={"outcome": "false"}).status_code == 200
        late = {"step": "on_the_way", "key": "key-00000002", "said_ago_s": 900, "note": "by bike"}
        told = [team.post(path, json=late).json() for _ in range(2)]
        assert [(one["applied"], one["why"], one["by_name"]) for one in told] == [(False, "closed", "the desk")] * 2
        history = desk.get(f"/api/v1/alerts/{alert}/history").json()
    assert [(line["what"], line["text"]) for line in history] == [
        ("raised", ""),
        ("acknowledged", ""),
        ("closed", ""),
        ("late_word", "by bike"),
    ]
    assert history[1]["data"]["said_at_ms"] == NOW_MS - 600_000
    assert history[3]["data"]["said_at_ms"] == NOW_MS - 900_000
    with either.world.sessions() as session:
        assert session.query(AlertEvent).count() == 4


def test_relatives_who_were_told_are_told_how_it_ended(either: Site) -> None:
    with either.world.sessions.begin() as session:
        session.add(
            Contact(id="k-fam", owner_kind="user", owner_id="u-family", channel="email", address="a@example.org")
        )
    alert = either.world.raise_alert("r-ours")
    quiet = either.world.raise_alert("r-ours", "sos")
    with either.world.sessions.begin() as session:
        for row in session.query(Outbox).filter_by(subject_id=alert):
            row.state = "sent"
    with either.program("desk") as desk, either.program("family") as family:
        ended = {"outcome": "true", "note": "femur? 120 called", "family_note": "She slipped and is in hospital."}
        assert desk.post(f"/api/v1/alerts/{alert}/close", json=ended).status_code == 200
        assert desk.post(f"/api/v1/alerts/{quiet}/close", json={"outcome": "test"}).status_code == 200
        lines = family.get(f"/api/v1/alerts/{alert}/history").json()
        assert lines[-1]["data"]["family_note"] == "She slipped and is in hospital."
    with either.world.sessions() as session:
        news = session.query(Outbox).filter_by(subject_kind="closed_alert").all()
        assert [(row.subject_id, row.contact_id) for row in news] == [(alert, "k-fam")]


def test_several_relatives_see_who_goes(site: Site) -> None:
    with site.world.sessions.begin() as session:
        session.add(User(id="u-son", login="son", name="the son", role=Role.FAMILY))
        session.flush()
        session.add(FamilyLink(user_id="u-son", resident_id="r-ours", relation="son"))
        word = {"resident_id": "r-ours", "user_id": "u-son", "what": "going", "at_ms": NOW_MS - MINUTE_MS}
        session.add(FamilyWord(arrives_at_ms=NOW_MS + HOUR_MS, key="k", **word))
    with site.browser("family") as family:
        page = family.get("/residents/r-ours", headers={"Accept": "text/html"}).text
    assert "the son" in page


def test_a_link_to_the_sheet_opens_without_a_login_until_it_is_revoked_or_ends(either: Site) -> None:
    alert = either.world.raise_alert("r-ours")
    links = "/api/v1/residents/r-ours/sheet-links"
    with either.program("desk") as desk, either.anonymous() as crew:
        made = desk.post(links, json={"alert_id": alert}).json()
        sheet = crew.get(made["url"])
        assert sheet.status_code == 200
        assert "张小三" in sheet.text
        assert "key at 502" in sheet.text
        assert "csrf" not in sheet.text
        assert sheet.headers["Cache-Control"] == "no-store"
        (shown,) = desk.get(links).json()
        assert (shown["opened"], "url" in shown) == (1, False)
        assert desk.delete(f"{links}/{made['id']}").status_code == 204
        assert crew.get(made["url"]).status_code == 404
        again = desk.post(links, json={}).json()
        either.world.clock.forward(5 * HOUR_MS)
        assert crew.get(again["url"]).status_code == 404
        assert crew.get("/s/guessed").status_code == 404
        assert desk.get(links).json() == []
    with either.world.sessions() as session:
        rows = [(row.action, row.object_id) for row in session.query(Audit) if row.action.startswith("sheet.")]
    assert ("sheet.open", made["id"]) in rows
    assert ("sheet.revoke", made["id"]) in rows


def test_a_link_shows_no_more_than_its_maker_may_see_now(site: Site) -> None:
    links = "/api/v1/residents/r-ours/sheet-links"
    with site.program("desk") as desk, site.anonymous() as crew:
        made = desk.post(links, json={}).json()
        theirs = site.world.raise_alert("r-theirs")
        assert desk.post(links, json={"alert_id": theirs}).status_code == 404
        with site.world.sessions.begin() as session:
            session.get_one(User, "u-desk").centre_id = "theirs"
        assert crew.get(made["url"]).status_code == 404
        with site.world.sessions.begin() as session:
            session.get_one(User, "u-desk").centre_id = "ours"
        assert crew.get(made["url"]).status_code == 200
        with site.world.sessions.begin() as session:
            session.get_one(User, "u-desk").enabled = False
        assert crew.get(made["url"]).status_code == 404
