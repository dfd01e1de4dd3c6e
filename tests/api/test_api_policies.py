"""Escalation policies through the API and the page's form: who may write them, what is refused, what is on record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from alerts.episodes import responses
from alerts.tables import Alert
from anhu.contract.clock import MINUTE_MS
from anhu.registry.tables import Audit, Centre, Organisation, User
from ingest.store.embedded.query import SqliteStoreQuery
from ingest.store.embedded.writer import SqliteStoreWriter
from tests.api.world import NOW_MS, Site, World, serve

STEPS = [
    {"after_s": 0, "parties": ["centre"]},
    {"after_s": 120, "parties": ["family", "team"], "prompt_emergency": True},
]
POLICY: dict[str, Any] = {"name": "Night", "priority": "high", "steps": STEPS, "ack_stands_s": 600}


@pytest.fixture
def site(world: World, tmp_path: Path) -> Iterator[Site]:
    SqliteStoreWriter(tmp_path / "store.db").close()
    store = SqliteStoreQuery(tmp_path / "store.db")
    with world.sessions.begin() as session:
        for name, side in (("o-1", "ours"), ("o-2", "theirs")):
            session.add(Organisation(id=name, name=f"Organisation {name}", region_code=""))
            session.get_one(Centre, side).organisation_id = name
    with serve(world, store) as served:
        yield served
    store.close()


def lead(world: World) -> None:
    """Have the desk's user lead it."""
    with world.sessions.begin() as session:
        session.get_one(User, "u-desk").is_lead = True


def problem(answer: httpx.Response) -> str:
    assert answer.status_code == 422, answer.text
    return str(answer.json()["errors"][0]["field"])


def step(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - of any field
    return {"after_s": 0, "parties": ["centre"], "repeat_every_s": 600, "repeat_times": 3} | more


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"steps": []}, "steps"),
        ({"steps": [step(after_s=30 * n) for n in range(13)]}, "steps"),
        (
            {"steps": [step(repeat_times=36), step(after_s=9, repeat_times=36), step(after_s=10, repeat_times=36)]},
            "steps",
        ),
        ({"steps": [step(after_s=61)]}, "steps.1.parties"),
        ({"steps": [step(parties=["resident"])]}, "steps.1.parties"),
        ({"steps": [step(parties=[])]}, "steps.1.parties"),
        ({"steps": [step(parties=["mayor"])]}, "steps.1.parties"),
        ({"steps": [step(), step(after_s=0)]}, "steps.2.after_s"),
        ({"steps": [step(), step(after_s=90_000)]}, "steps.2.after_s"),
        ({"steps": [step(repeat_every_s=0, repeat_times=0)]}, "steps.1.repeat_times"),
        ({"steps": [step(repeat_every_s=5)]}, "steps.1.repeat_every_s"),
        ({"steps": [step(repeat_times=37)]}, "steps.1.repeat_times"),
        ({"steps": [step(channels=["pigeon"])]}, "steps.1.channels"),
        ({"steps": [step(), step(after_s=60, parties=["resident"])]}, "steps.2.parties"),
        ({"ack_stands_s": None}, "ack_stands_s"),
        ({"ack_stands_s": 7_200}, "ack_stands_s"),
        ({"scene_within_s": 10}, "scene_within_s"),
        ({"name": " "}, "name"),
        ({"priority": "low"}, "priority"),
        ({"priority": "info"}, "priority"),
        ({"kinds": ["drill_call"]}, "kinds"),
        ({"kinds": ["hiccups"]}, "kinds"),
        ({"route": "drill"}, "route"),
        ({"tier": "royal"}, "tier"),
        ({"hours": "25:00-06:00"}, "hours"),
        ({"hours": "22:00-22:00"}, "hours"),
        ({"days": "fridays"}, "days"),
        ({"organisation_id": "o-none"}, "organisation_id"),
    ],
)
def test_what_would_let_a_call_go_unheard_is_refused_and_the_field_is_named(
    site: Site, change: dict[str, Any], field: str
) -> None:
    with site.program("admin") as admin:
        assert problem(admin.post("/api/v1/policies", json=POLICY | change)) == field
        assert admin.get("/api/v1/policies").json()["policies"] == []


def test_every_change_is_a_version_and_on_record_and_two_at_once_are_told_apart(site: Site) -> None:
    with site.program("admin") as admin:
        made = admin.post("/api/v1/policies", json=POLICY).json()
        url = f"/api/v1/policies/{made['id']}"
        changed = POLICY | {"name": "Day", "based_on": made["number"]}
        assert admin.put(url, json=changed).status_code == 200
        assert admin.put(url, json=changed).status_code == 409, "somebody has changed it meanwhile"
        assert admin.post("/api/v1/policies", json=POLICY).status_code == 409, "two of one scope"
        assert admin.post(f"{url}/end").json()["has_ended"]
        assert admin.post(f"{url}/end").status_code == 404
        assert [one["name"] for one in admin.get(f"{url}/versions").json()] == ["Day", "Day", "Night"]
        assert admin.get("/api/v1/policies").json()["policies"] == []
    with site.world.sessions() as session:
        rows = session.query(Audit).filter(Audit.action.startswith("policy.")).order_by(Audit.id)
        assert [(row.action, row.user_id, row.detail.get("changed")) for row in rows] == [
            ("policy.create", "u-admin", []),
            ("policy.change", "u-admin", ["name"]),
            ("policy.end", "u-admin", None),
        ]


def test_a_lead_writes_for_the_own_organisation_and_for_nobody_else(site: Site) -> None:
    lead(site.world)
    with site.program("admin") as admin:
        general = admin.post("/api/v1/policies", json=POLICY).json()
        theirs = admin.post("/api/v1/policies", json=POLICY | {"organisation_id": "o-2"}).json()
    with site.browser("desk") as desk:
        assert desk.post("/api/v1/policies", json=POLICY | {"hours": "08:00-10:00"}).status_code == 403
        assert desk.post("/api/v1/policies", json=POLICY | {"organisation_id": "o-2"}).status_code == 403
        mine = desk.post("/api/v1/policies", json=POLICY | {"organisation_id": "o-1"})
        assert mine.status_code == 201
        assert desk.put(f"/api/v1/policies/{general['id']}", json=POLICY | {"based_on": 1}).status_code == 403
        assert desk.put(f"/api/v1/policies/{theirs['id']}", json=POLICY | {"based_on": 2}).status_code == 404
        assert desk.get(f"/api/v1/policies/{theirs['id']}/versions").status_code == 404
        moved = POLICY | {"organisation_id": "o-2", "based_on": mine.json()["number"]}
        assert desk.put(f"/api/v1/policies/{mine.json()['id']}", json=moved).status_code == 403
        seen = desk.get("/api/v1/policies").json()
        assert {(one["organisation_id"], one["may_change"]) for one in seen["policies"]} == {("", False), ("o-1", True)}
        assert desk.post("/api/v1/policies/preview", json={"resident_id": "r-theirs"}).status_code == 404


def test_the_preview_says_who_when_over_what_and_what_is_missing(site: Site) -> None:
    site.world.contact("https://x.example/", channel="webhook")
    site.world.contact("doc@clinic.example", channel="email", owner="team")
    night = POLICY | {"name": "Sunday night", "hours": "22:00-06:00", "days": "restday", "organisation_id": "o-1"}
    night["steps"] = [step(parties=["nurse", "centre"], channels=["email"]), *STEPS[1:]]
    asked = {"resident_id": "r-ours", "kind": "fall", "at": "2026-11-29T03:10"}
    with site.program("admin") as admin:
        before = admin.post("/api/v1/policies/preview", json=asked).json()
        assert (before["policy"]["name"], before["why"]) == ("person high", ["route"])
        admin.post("/api/v1/policies", json=night)
        found = admin.post("/api/v1/policies/preview", json=asked).json()
        assert (found["policy"]["name"], found["beaten"]) == ("Sunday night", ["person high"])
        assert found["why"] == ["organisation", "hours", "days"]
        first, *others = found["steps"]
        assert first["at"] == "2026-11-28T19:10:00.000Z", "by the clock of the home"
        assert {(one["name"], one["channel"]) for one in first["reached"]} == {
            ("centre ours", "webhook"),
            ("team ours", "email"),
        }
        assert first["missing"] == ["nurse"], "the team stands in"
        emergency = next(one for one in others if one["prompt_emergency"])
        assert emergency["missing"] == ["family"]
        later = admin.post("/api/v1/policies/preview", json=asked | {"at": "2026-11-30T03:10"}).json()
        assert later["policy"]["name"] == "person high", "Monday"
        assert admin.post("/api/v1/policies/preview", json=asked | {"priority": "low"}).json()["steps"] == []
        assert problem(admin.post("/api/v1/policies/preview", json=asked | {"at": "soon"})) == "at"


def test_an_alarm_that_runs_keeps_its_version_and_the_next_one_has_the_new(site: Site) -> None:
    world = site.world
    with site.program("admin") as admin:
        made = admin.post("/api/v1/policies", json=POLICY).json()
        first = world.raise_alert("r-ours")
        admin.put(f"/api/v1/policies/{made['id']}", json=POLICY | {"steps": [step()], "based_on": made["number"]})
        second = world.raise_alert("r-theirs")
        admin.post(f"/api/v1/policies/{made['id']}/end")
        third = world.raise_alert("r-ours", "smoke")
    with world.sessions() as session:
        numbers = [session.get_one(Alert, one).policy_number for one in (first, second, third)]
    assert numbers == [made["number"], made["number"] + 1, 0]


def form(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - of any field
    fields = {"name": "Night", "priority": "high", "steps": "2", "ack_stands": "5", "based_on": "0", "policy": ""}
    steps = {"after-1": "0", "parties-1": "centre", "after-2": "300", "parties-2": ["family", "team"], "prompt-2": "1"}
    return fields | steps | more


def test_the_page_says_what_is_wrong_shows_what_changes_and_saves(site: Site) -> None:
    with site.browser("admin") as admin:
        csrf = {"csrf": admin.headers["X-CSRF-Token"]}
        admin.cookies.set("anhu_language", "en")

        def send(action: str, **more: Any) -> httpx.Response:  # noqa: ANN401 - of any field
            return admin.post("/admin/policies/edit", data=form(**more) | csrf | {"action": action})

        wrong = send("save", **{"parties-1": "resident"})
        assert wrong.status_code == 422
        assert "steps.1.parties" in wrong.text
        assert send("save", **{"after-1": "soon"}).status_code == 422
        assert send("add").text.count('class="policy-step"') == 3
        assert send("remove-1").text.count('class="policy-step"') == 1
        assert "It can be saved" in send("check").text
        assert send("save").status_code == 303
        (made,) = admin.get("/api/v1/policies").json()["policies"]
        known = {"policy": made["id"], "based_on": str(made["number"]), "name": "Late"}
        checked = send("check", **known)
        assert "<del>Night</del> <ins>Late</ins>" in checked.text
        assert send("save", **known).status_code == 303
        assert send("save", **known).status_code == 409
        page = admin.get(f"/admin/policies/edit?policy={made['id']}").text
        assert page.count("the admin") >= 2, "who changed what"
        for name in ("person high", made["id"]):
            assert "policy-step" in admin.get("/admin/policies/edit", params={"copy": name}).text
        assert admin.get("/admin/policies/edit?copy=nothing").status_code == 404
        again = {"policy": made["id"], "based_on": str(made["number"] + 1)}
        assert send("end", **again).status_code == 303
        shown = admin.get("/admin/policies?resident=张小三&kind=fall&at=2026-11-29T03:10").text
        assert "default: person, high" in shown
        assert "nobody can be reached" in shown


def test_the_desk_counts_down_until_an_answer_runs_out(site: Site) -> None:
    alert = site.world.raise_alert("r-ours")
    with site.world.sessions.begin() as session:
        responses.acknowledge(session, alert, actor="u-desk", now_ms=NOW_MS)
    with site.browser("desk") as desk:
        desk.cookies.set("anhu_language", "en")
        for page in ("/desk/queue", f"/desk/alerts/{alert}"):
            shown = desk.get(page).text
            assert f'data-until-ms="{NOW_MS + 5 * MINUTE_MS}"' in shown
            assert "Told again if nobody leaves, in" in shown
        desk.post(f"/api/v1/alerts/{alert}/on-the-way", json={})
        assert f'data-until-ms="{NOW_MS + 45 * MINUTE_MS}"' in desk.get("/desk/queue").text
        desk.post(f"/api/v1/alerts/{alert}/on-scene", json={})
        assert "data-until-ms" not in desk.get("/desk/queue").text
