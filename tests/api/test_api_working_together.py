"""Handing over, merging, taking back, answering many: over HTTP, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from alerts.tables import Alert, Escalation
from anhu.contract.clock import MINUTE_MS
from anhu.outbox.tables import Outbox
from anhu.registry.tables import Audit, Contact, Resident, User
from ingest.store.embedded.query import SqliteStoreQuery
from notify.subjects.alert import AlertSubject
from tests.api.world import Site, World, serve


@pytest.fixture
def either(either_world: World, store: SqliteStoreQuery) -> Iterator[Site]:
    with serve(either_world, store) as served:
        yield served


def told(client: httpx.Client, alert: str) -> list[str]:
    return [line["what"] for line in client.get(f"/api/v1/alerts/{alert}/history").json()]


def a_colleague(world: World, user_id: str = "u-night", **facts: object) -> str:
    values = {"centre_id": "ours", "role": "desk", "name": "night", "enabled": True} | facts
    with world.sessions.begin() as session:
        session.add(User(id=user_id, login=user_id, **values))
        session.flush()
        contact = {"owner_kind": "user", "owner_id": user_id, "channel": "webhook", "address": "https://x.example/"}
        session.add(Contact(id=f"k-{user_id}", **contact))
    return user_id


def test_an_alert_changes_hands_when_the_colleague_says_yes_and_he_is_told(either: Site) -> None:
    night = a_colleague(either.world)
    alert = either.world.raise_alert("r-ours")
    with either.program("desk") as desk, either.program("team") as team:
        assert desk.post(f"/api/v1/alerts/{alert}/offer", json={"to": night}).status_code == 409
        desk.post(f"/api/v1/alerts/{alert}/acknowledge")
        assert night in [one["user_id"] for one in desk.get(f"/api/v1/alerts/{alert}/colleagues").json()]
        offered = desk.post(f"/api/v1/alerts/{alert}/offer", json={"to": "u-team", "note": "daughter is coming"}).json()
        assert (offered["assignee"], offered["offered_to"]) == ("u-desk", "u-team")
        assert desk.post(f"/api/v1/alerts/{alert}/take-over").status_code == 409
        taken = team.post(f"/api/v1/alerts/{alert}/take-over").json()
        assert (taken["assignee"], taken["offered_to"]) == ("u-team", "")
        assert team.post(f"/api/v1/alerts/{alert}/offer", json={"to": night}).status_code == 200
        assert team.post(f"/api/v1/alerts/{alert}/offer", json={"to": night}).status_code == 200
        called_off = team.post(f"/api/v1/alerts/{alert}/call-off").json()
        assert (called_off["assignee"], called_off["offered_to"]) == ("u-team", "")
        assert told(desk, alert)[-5:] == ["offered", "taken_over", "offered", "offered", "offer_ended"]
    with either.world.sessions() as session:
        messages = session.query(Outbox).filter_by(contact_id="k-u-night").order_by(Outbox.id).all()
        offers = [row.reason for row in messages if row.reason.startswith("offered")]
        assert offers == ["offered-2", "offered-3"]
        row = session.get_one(Alert, alert)
        assert not AlertSubject().still_needed(messages[-1], row)  # nobody is pestered with what is answered
        row.offered_to = night
        assert AlertSubject().still_needed(messages[-1], row)
        actions = {row.action for row in session.query(Audit)}
        assert {"alert.offer", "alert.take_over", "alert.offer_ended", "alert.colleagues"} <= actions


@pytest.mark.parametrize("facts", [{"centre_id": "theirs"}, {"enabled": False}, {"role": "vendor"}])
def test_nobody_is_asked_who_could_not_see_it(site: Site, facts: dict[str, object]) -> None:
    stranger = a_colleague(site.world, "u-other", **facts)
    alert = site.world.raise_alert("r-ours")
    with site.program("desk") as desk:
        desk.post(f"/api/v1/alerts/{alert}/acknowledge")
        assert desk.post(f"/api/v1/alerts/{alert}/offer", json={"to": stranger}).status_code == 404
        assert stranger not in str(desk.get(f"/api/v1/alerts/{alert}/colleagues").json())


def test_a_close_is_taken_back_within_ten_minutes_and_never_later(either: Site) -> None:
    alert = either.world.raise_alert("r-ours")
    with either.program("desk") as desk, either.program("team") as team:
        desk.post(f"/api/v1/alerts/{alert}/close", json={"outcome": "false"})
        either.world.clock.forward(9 * MINUTE_MS)
        again = team.post(f"/api/v1/alerts/{alert}/reopen", json={"note": "wrong button"}).json()
        assert (again["is_open"], again["response"], again["assignee"]) == (True, "acknowledged", "u-team")
        assert (again["outcome"], again["closed_at"]) == ("", None)
        assert team.post(f"/api/v1/alerts/{alert}/reopen").status_code == 409
        desk.post(f"/api/v1/alerts/{alert}/close", json={"outcome": "true", "note": "hip", "found": "hospital"})
        either.world.clock.forward(11 * MINUTE_MS)
        late = team.post(f"/api/v1/alerts/{alert}/reopen")
        assert late.status_code == 409
        assert "10 minutes" in late.json()["detail"]


def test_what_was_raised_anew_is_not_opened_twice(either: Site) -> None:
    alert = either.world.raise_alert("r-ours", "sos")
    with either.program("desk") as desk:
        desk.post(f"/api/v1/alerts/{alert}/close", json={"outcome": "false"})
        either.world.clock.forward(1_000)
        assert either.world.raise_alert("r-ours", "sos") != alert
        assert desk.post(f"/api/v1/alerts/{alert}/reopen").status_code == 409


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"outcome": "true"}, "note"),
        ({"outcome": "true", "note": " ", "found": "helped_up"}, "note"),
        ({"outcome": "false", "found": "hospital"}, "found"),
        ({"outcome": "true", "note": "x", "found": "flew away"}, "body.found"),
        ({"outcome": "merged"}, "outcome"),
    ],
)
def test_an_ending_that_says_too_little_or_too_much_is_refused(site: Site, body: dict[str, str], field: str) -> None:
    alert = site.world.raise_alert("r-ours")
    with site.program("desk") as desk:
        answer = desk.post(f"/api/v1/alerts/{alert}/close", json=body)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == field
        assert desk.get(f"/api/v1/alerts/{alert}").json()["is_open"]


def test_two_alerts_of_one_event_become_one_and_share_its_outcome(either: Site) -> None:
    sos, fall = either.world.raise_alert("r-ours", "sos"), either.world.raise_alert("r-ours", "fall")
    with either.program("desk") as desk:
        stays = desk.post(f"/api/v1/alerts/{sos}/merge", json={"into": fall, "note": "one event"}).json()
        assert (stays["id"], stays["is_open"]) == (fall, True)
        merged = desk.get(f"/api/v1/alerts/{sos}").json()
        assert (merged["is_open"], merged["outcome"], merged["merged_into"]) == (False, "merged", fall)
        assert told(desk, sos)[-1] == told(desk, fall)[-1] == "merged"
        desk.post(f"/api/v1/alerts/{fall}/close", json={"outcome": "true", "note": "hip", "found": "ambulance"})
        merged = desk.get(f"/api/v1/alerts/{sos}").json()
        assert (merged["outcome"], merged["found"]) == ("true", "ambulance")
    with either.world.sessions() as session:
        assert session.query(Escalation).count() == 0


def test_a_call_for_help_never_ends_under_something_milder(site: Site) -> None:
    sos = site.world.raise_alert("r-ours", "sos")
    suspected = site.world.raise_alert("r-ours", "fall_suspected")
    leak = site.world.raise_alert("r-ours", "water_leak")
    strangers = site.world.raise_alert("r-theirs", "sos")
    with site.program("desk") as desk:
        for into, status in ((leak, 409), (suspected, 409), (sos, 409), (strangers, 404), ("a-none", 404)):
            assert desk.post(f"/api/v1/alerts/{sos}/merge", json={"into": into}).status_code == status, into
        assert desk.post(f"/api/v1/alerts/{suspected}/merge", json={"into": leak}).status_code == 409
        assert desk.post(f"/api/v1/alerts/{leak}/merge", json={"into": sos}).status_code == 200
        with site.program("team") as team:
            assert team.get(f"/api/v1/alerts/{sos}").json()["response"] == "unacked"


def test_practice_is_said_only_of_what_somebody_answers(site: Site) -> None:
    alert = site.world.raise_alert("r-ours", "sos")
    with site.program("desk") as desk:
        assert desk.post(f"/api/v1/alerts/{alert}/practice", json={"practice": "drill"}).status_code == 409
        desk.post(f"/api/v1/alerts/{alert}/acknowledge")
        marked = desk.post(f"/api/v1/alerts/{alert}/practice", json={"practice": "drill"}).json()
        assert marked["practice"] == "drill"
        assert desk.post(f"/api/v1/alerts/{alert}/practice", json={"practice": ""}).json()["practice"] == ""


def test_a_telephone_call_stands_in_the_history_and_answers_nothing(site: Site) -> None:
    alert = site.world.raise_alert("r-ours", "sos")
    with site.program("desk") as desk:
        said = {"to": "女儿 李娜", "result": "no_answer"}
        assert desk.post(f"/api/v1/alerts/{alert}/calls", json=said).json()["response"] == "unacked"
        line = desk.get(f"/api/v1/alerts/{alert}/history").json()[-1]
        assert (line["what"], line["data"], line["actor_name"]) == ("called", said, "the desk")
        assert desk.post(f"/api/v1/alerts/{alert}/calls", json=said | {"result": "maybe"}).status_code == 422


def many(world: World, kind: str, count: int) -> list[str]:
    made = []
    for n in range(count):
        with world.sessions.begin() as session:
            session.merge(
                Resident(id=f"r-many-{n}", name="x", centre_id="ours", team_id="ours", active=True, created_at_ms=1)
            )
        made.append(world.raise_alert(f"r-many-{n}", kind))
    return made


def test_many_of_one_kind_are_answered_at_once_and_what_does_not_fit_is_named(either: Site) -> None:
    alerts = many(either.world, "battery_low", 5)
    with either.program("desk") as desk:
        desk.post(f"/api/v1/alerts/{alerts[0]}/acknowledge")
        asked = {"alert_ids": [*alerts, "a-none"], "step": "acknowledge"}
        answer = desk.post("/api/v1/alerts/bulk", json=asked).json()
        assert sorted(answer["answered"]) == sorted(alerts[1:])
        assert {one["alert_id"] for one in answer["refused"]} == {alerts[0], "a-none"}
        closing = {"alert_ids": alerts, "step": "close", "outcome": "device_fault"}
        assert len(desk.post("/api/v1/alerts/bulk", json=closing).json()["answered"]) == 5
    with either.world.sessions() as session:
        assert {row.outcome for row in session.query(Alert)} == {"device_fault"}
        assert session.query(Audit).filter_by(action="alert.close").count() == 5


@pytest.mark.parametrize("more", [{"step": "close"}, {"step": "close", "outcome": "true"}, {"step": "reopen"}])
def test_many_are_not_closed_without_what_one_needs(site: Site, more: dict[str, str]) -> None:
    alerts = many(site.world, "battery_low", 2)
    with site.program("desk") as desk:
        assert desk.post("/api/v1/alerts/bulk", json={"alert_ids": alerts, **more}).status_code == 422


def test_calls_for_help_and_mixed_kinds_are_never_answered_together(either: Site) -> None:
    falls, empty = many(either.world, "fall", 2), many(either.world, "battery_low", 2)
    leak = either.world.raise_alert("r-ours", "water_leak")
    with either.program("desk") as desk:
        for asked in (falls, [*empty, falls[0]], [*empty, leak]):
            answer = desk.post("/api/v1/alerts/bulk", json={"alert_ids": asked, "step": "acknowledge"})
            assert answer.status_code == 422, asked
        with either.world.sessions() as session:
            assert {row.response for row in session.query(Alert)} == {"unacked"}
