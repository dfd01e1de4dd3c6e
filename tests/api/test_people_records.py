"""Residents' records by the API: enrolled, changed, moved, ended, by whom it is whose business."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text

from anhu.registry.people_tables import ResidentIdentity
from anhu.registry.tables import Audit, Device, User
from ingest.store.embedded.query import SqliteStoreQuery
from tests.api.world import VAULT, Site, World, serve

NUMBER = "11010519491231002X"
JPEG = b"\xff\xd8\xff\xe0" + b"x" * 400


@pytest.fixture
def people(either_world: World, store: SqliteStoreQuery) -> Iterator[Site]:
    with serve(either_world, store) as served:
        yield served


@pytest.fixture
def admin(people: Site) -> Iterator[httpx.Client]:
    with people.program("admin") as client:
        yield client


@pytest.fixture
def lead(people: Site) -> Iterator[httpx.Client]:
    """The desk of our centre, as its lead."""
    with people.world.sessions.begin() as session:
        session.get_one(User, "u-desk").is_lead = True
    with people.program("desk") as client:
        yield client


def enrolled(client: httpx.Client, **facts: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    answer = client.post("/api/v1/residents", json={"name": "王秀英", "centre_id": "ours", **facts})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_an_identity_number_is_sealed_found_and_shown_by_its_end(people: Site, admin: httpx.Client) -> None:
    made = enrolled(admin, identity_number="110105 19491231 002x", phone="13800138000")
    assert (made["birth_date"], made["sex"], made["phone"]) == ("1949-12-31", "female", "+8613800138000")
    answer = admin.get(f"/api/v1/residents/{made['id']}/record")
    assert answer.json()["identity_last_four"] == "002X"
    assert NUMBER not in answer.text
    with people.world.sessions() as session:
        row = session.scalars(select(ResidentIdentity)).one()
        assert NUMBER.encode() not in row.sealed
        assert VAULT.open(row.sealed, made["id"]) == NUMBER
        assert NUMBER not in str([one.detail for one in session.scalars(select(Audit))])
    again = admin.post("/api/v1/residents", json={"name": "x", "identity_number": NUMBER})
    assert (again.status_code, again.json()["detail"]) == (409, "identity_number '…002X' exists already")
    with people.world.sessions() as session:
        assert session.scalar(text("SELECT count(*) FROM resident WHERE name = 'x'")) == 0, "half written"
    assert enrolled(admin, name="无证老人")["id"], "one without a number can be enrolled"


def test_a_wrong_number_names_the_field_and_never_the_number(admin: httpx.Client) -> None:
    answer = admin.post("/api/v1/residents", json={"name": "x", "identity_number": "110105194912310021"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "identity_number"
    assert "1101051949" not in answer.text
    other = admin.post("/api/v1/residents", json={"name": "x", "identity_number": NUMBER, "sex": "male"})
    assert other.json()["errors"][0]["field"] == "sex"


def test_without_a_key_no_number_is_taken(either_world: World, store: SqliteStoreQuery) -> None:
    with serve(either_world, store, vault=None) as site, site.program("admin") as admin:
        answer = admin.post("/api/v1/residents", json={"name": "x", "identity_number": NUMBER})
        assert answer.status_code == 503
        assert enrolled(admin)["id"]


def test_what_a_helper_must_know_is_kept_and_dangerous_medicines_mark_themselves(admin: httpx.Client) -> None:
    medicines = [{"name": "华法林", "dose": "2.5 mg"}, {"name": "钙片"}]
    made = enrolled(admin, conditions=["房颤", "房颤", " "], medicines=medicines, allergies=["青霉素"])
    path = f"/api/v1/residents/{made['id']}"
    kept = admin.get(f"{path}/record").json()
    assert kept["conditions"] == ["房颤"]
    assert [(one["name"], one["dangerous"]) for one in kept["medicines"]] == [("华法林", True), ("钙片", False)]
    admin.patch(path, json={"allergies": []})
    kept = admin.get(f"{path}/record").json()
    assert (kept["allergies"], kept["conditions"]) == ([], ["房颤"]), "what was left out stays"


def test_of_two_who_change_at_once_the_second_is_told_who_was_first(admin: httpx.Client) -> None:
    made = enrolled(admin)
    path = f"/api/v1/residents/{made['id']}"
    assert admin.patch(path, json={"address": "one", "revision": 1}).json()["revision"] == 2
    refused = admin.patch(path, json={"phone": "13900139000", "revision": 1})
    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:anhu:problem:changed-meanwhile"
    assert "the admin at 2026-11-23T04:00:00.000Z: address" in refused.json()["detail"]
    assert admin.get(path).json()["phone"] == ""
    assert admin.patch(path, json={"phone": "13900139000", "revision": 2}).status_code == 200


def test_nobody_lies_in_two_beds_nor_two_in_one(people: Site, admin: httpx.Client) -> None:
    def place(kind: str, name: str, parent: str = "") -> str:
        body = {"centre_id": "ours", "kind": kind, "name": name, "parent_id": parent}
        answer = admin.post("/api/v1/places", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    house = place("building", "3 号楼")
    room = place("room", "205 室", place("floor", "2 层", house))
    first, second = place("bed", "A 床", room), place("bed", "B 床", room)
    assert admin.post("/api/v1/places", json={"centre_id": "ours", "kind": "bed", "name": "x"}).status_code == 422
    assert (
        admin.post(
            "/api/v1/places", json={"centre_id": "ours", "kind": "bed", "name": "A 床", "parent_id": room}
        ).status_code
        == 409
    )
    other = enrolled(admin, name="邻床")
    assert admin.post(f"/api/v1/residents/{other['id']}/move", json={"place_id": first}).status_code == 200
    taken = admin.post("/api/v1/residents/r-ours/move", json={"place_id": first})
    assert (taken.status_code, "邻床" in taken.text) == (409, True)
    people.world.clock.forward(60_000)
    admin.post("/api/v1/residents/r-ours/move", json={"place_id": second})
    alert = people.world.raise_alert("r-ours")
    assert admin.get("/api/v1/residents/r-ours").json()["bed"] == "3 号楼 2 层 205 室 B 床"
    people.world.clock.forward(60_000)
    admin.post(f"/api/v1/residents/{other['id']}/move", json={})
    stays = admin.post("/api/v1/residents/r-ours/move", json={"place_id": first}).json()
    assert [(one["place"][-3:], one["until"]) for one in stays] == [
        ("A 床", None),
        ("B 床", "2026-11-23T04:02:00.000Z"),
    ]
    assert alert
    admin.patch(f"/api/v1/places/{house}", json={"name": "5 号楼"})
    assert admin.get("/api/v1/residents/r-ours").json()["bed"] == "5 号楼 2 层 205 室 A 床"
    assert admin.patch(f"/api/v1/places/{house}", json={"in_use": False}).status_code == 409
    assert admin.post("/api/v1/residents/r-theirs/move", json={"place_id": second}).status_code == 422


def test_an_ending_names_open_alarms_frees_devices_and_can_be_taken_back(people: Site, admin: httpx.Client) -> None:
    people.world.raise_alert("r-ours", "sos")
    path = "/api/v1/residents/r-ours"
    body = {"reason": "moved_away", "on_date": "2026-11-22", "note": "搬到女儿家"}
    refused = admin.post(f"{path}/end", json=body)
    assert (refused.status_code, "sos" in refused.json()["detail"]) == (409, True)
    assert admin.post(f"{path}/end", json=body | {"on_date": "2027-01-01"}).status_code in {409, 422}
    ended = admin.post(f"{path}/end", json=body | {"despite_open_alerts": True}).json()
    assert (ended["resident"]["active"], ended["devices"]) == (False, [])
    assert ended["ending"]["devices"] == ["watch-ours"]
    with people.world.sessions() as session:
        assert session.get_one(Device, "watch-ours").resident_id is None
    assert admin.post(f"{path}/end", json=body | {"despite_open_alerts": True}).status_code == 409
    resumed = admin.post(f"{path}/resume", json={}).json()
    assert (resumed["not_given_back"], resumed["record"]["devices"]) == ([], ["watch-ours"])
    assert resumed["record"]["ending"] is None
    assert admin.post(f"{path}/resume", json={}).status_code == 409


def test_what_somebody_else_has_by_then_is_not_taken_back(admin: httpx.Client) -> None:
    path = "/api/v1/residents/r-ours"
    admin.post(f"{path}/end", json={"reason": "left_service", "on_date": "2026-11-22"})
    admin.patch("/api/v1/devices/watch-ours", json={"resident_id": "r-theirs"})
    assert admin.post(f"{path}/resume", json={}).json()["not_given_back"] == ["watch-ours"]


def test_relatives_are_known_by_their_number_and_called_in_order(admin: httpx.Client) -> None:
    path = "/api/v1/residents/r-ours/family"
    added = admin.post(path, json={"name": "李娜", "phone": "13900139000", "relation": "daughter"}).json()
    assert [(one["name"], one["rank"]) for one in added] == [("the family", 1), ("李娜", 2)]
    assert (added[1]["phone"], added[1]["can_log_in"]) == ("139 0013 9000", False)
    both = admin.post("/api/v1/residents/r-theirs/family", json={"name": "李娜", "phone": "+86 139 0013 9000"}).json()
    assert both[0]["user_id"] == added[1]["user_id"]
    other = admin.post("/api/v1/residents/r-theirs/family", json={"name": "张三", "phone": "13900139000"})
    assert other.status_code == 422
    assert "李*" in other.text
    assert "李娜" not in other.text  # nobody learns by trying numbers whose they are
    assert admin.post(path, json={"name": "李娜", "phone": "13900139000"}).status_code == 409
    swapped = admin.put(path, json={"user_ids": [added[1]["user_id"], added[0]["user_id"]]}).json()
    assert [one["name"] for one in swapped] == ["李娜", "the family"]
    assert admin.put(path, json={"user_ids": [added[1]["user_id"]]}).status_code == 422
    assert len(admin.delete(f"{path}/u-family").json()) == 1


def test_a_withdrawn_consent_ends_what_relatives_see(people: Site, admin: httpx.Client) -> None:
    path = "/api/v1/residents/r-ours/consents"
    body = {"purpose": "family", "text_version": "2026-1", "given_by": "张小三", "given_on": "2026-11-01"}
    given = admin.post(path, json=body).json()
    assert admin.post(path, json=body).status_code == 409
    assert admin.post("/api/v1/residents/r-theirs/consents", json=body).is_success  # somebody else's counts for nobody
    with people.program("family") as family:
        assert family.get("/api/v1/residents/r-ours").status_code == 200
        withdrawn = admin.post(f"{path}/{given['id']}/withdraw", json={"withdrawn_by": "张小三"}).json()
        assert withdrawn["withdrawn_at"]
        assert family.get("/api/v1/residents/r-ours").status_code == 404
        assert family.get("/api/v1/alerts").json()["items"] == []
        admin.post(path, json=body | {"capacity": "guardian"})
        assert family.get("/api/v1/residents/r-ours").status_code == 200
    assert (
        admin.post(
            f"/api/v1/residents/r-theirs/consents/{given['id']}/withdraw", json={"withdrawn_by": "x"}
        ).status_code
        == 404
    )


def test_a_picture_is_small_is_one_and_is_shown_to_who_may_see_the_resident(people: Site, admin: httpx.Client) -> None:
    path = "/api/v1/residents/r-ours/photo"
    for wrong in (b"<svg onload=alert(1)>", b"GIF89a", JPEG[:3] + b"x" * 60_001):
        assert admin.put(path, content=wrong).status_code == 422
    assert admin.put(path, content=JPEG).status_code == 204
    with people.program("family") as family, people.program("vendor") as vendor:
        seen = family.get(path)
        assert (seen.content, seen.headers["content-type"]) == (JPEG, "image/jpeg")
        assert seen.headers["x-content-type-options"] == "nosniff"
        assert vendor.get(path).status_code == 403
        assert family.get("/api/v1/residents/r-theirs/photo").status_code == 404
    assert admin.put(path, content=b"").status_code == 204
    assert admin.get(path).status_code == 404


def test_a_lead_looks_after_the_own_centre_and_no_other(lead: httpx.Client) -> None:
    made = lead.post("/api/v1/residents", json={"name": "新来的"}).json()
    assert made["centre_id"] == "ours"
    assert lead.post("/api/v1/residents", json={"name": "x", "centre_id": "theirs"}).status_code == 422
    assert lead.post("/api/v1/residents", json={"name": "x", "team_id": "theirs"}).status_code == 422
    assert lead.patch(f"/api/v1/residents/{made['id']}", json={"centre_id": "theirs"}).status_code == 422
    assert lead.patch(f"/api/v1/residents/{made['id']}", json={"team_id": "ours"}).json()["team_id"] == "ours"
    for method, rest, body in (
        ("PATCH", "", {"address": "x"}),
        ("GET", "/record", None),
        ("POST", "/end", {"reason": "death", "on_date": "2026-11-01"}),
        ("POST", "/move", {}),
        ("POST", "/family", {"name": "x", "phone": "13900139000"}),
        ("PUT", "/photo", None),
    ):
        answer = lead.request(method, f"/api/v1/residents/r-theirs{rest}", json=body)
        assert answer.status_code == 404, (method, rest, answer.text)
    place = {"centre_id": "theirs", "kind": "building", "name": "x"}
    assert lead.post("/api/v1/places", json=place).status_code == 422
    assert lead.post("/api/v1/places", json=place | {"centre_id": "ours"}).status_code == 201
    assert lead.get("/api/v1/users").json()["items"] == [], "members only, and there are none"
    assert lead.get("/api/v1/audit").status_code == 403


def test_a_region_is_found_by_typing_and_a_code_that_is_none_is_refused(admin: httpx.Client) -> None:
    found = admin.get("/api/v1/regions", params={"q": "杭州 西湖"}).json()
    assert {"code": "330106", "name": "浙江省 杭州市 西湖区"} in found
    assert enrolled(admin, region_code="330106")["region"] == "浙江省 杭州市 西湖区"
    assert enrolled(admin, region_code="441900003", name="东莞")["region"] == "广东省 东莞市"
    answer = admin.post("/api/v1/residents", json={"name": "x", "region_code": "339999"})
    assert answer.json()["errors"][0]["field"] == "region_code"
