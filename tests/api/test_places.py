"""Organisations, centres and teams: made, changed, and closed only when nobody hangs on them."""

from __future__ import annotations

import pytest

from anhu.registry.tables import Resident, Team, User
from tests.api.world import Site

HTML = {"Accept": "text/html", "Accept-Language": "en"}


def test_a_team_of_a_village_has_a_code_a_region_and_an_organisation(site: Site) -> None:
    with site.program("admin") as admin:
        made = admin.post("/api/v1/organisations", json={"name": "西湖区卫健局", "region_code": "330106"}).json()
        given = {"name": "村医团队", "organisation_id": made["id"], "code": "ZJ-0107", "region_code": "330106109"}
        team = admin.post("/api/v1/teams", json={**given, "centre_id": "ours"}).json()
        assert {name: team[name] for name in given} == given
        changed = admin.patch(f"/api/v1/teams/{team['id']}", json={"code": "ZJ-0108", "centre_id": ""}).json()
        assert (changed["code"], changed["centre_id"], changed["name"]) == ("ZJ-0108", "", "村医团队")
        refused = admin.patch(f"/api/v1/teams/{team['id']}", json={"region_code": "33-01"})
        assert refused.json()["errors"][0]["field"] == "region_code"
        assert admin.patch(f"/api/v1/teams/{team['id']}", json={"organisation_id": "o-none"}).status_code == 404


def test_a_centre_with_people_is_not_closed_and_says_who_they_are(site: Site) -> None:
    with site.program("admin") as admin:
        refused = admin.post("/api/v1/centres/ours/close")
        assert refused.status_code == 409
        assert "residents 张小三; users the desk; teams team ours" in refused.json()["detail"]
    with site.browser("admin") as admin:
        page = admin.post("/admin/places/centre/ours/close", headers=HTML)
        assert page.status_code == 409
        assert "Move these first: residents 张小三" in page.text
    with site.world.sessions.begin() as session:
        session.get_one(Resident, "r-ours").centre_id = None
        session.get_one(User, "u-desk").centre_id = "theirs"
        session.get_one(Team, "ours").centre_id = None
    with site.program("admin") as admin:
        assert admin.post("/api/v1/centres/ours/close").status_code == 204
        assert [one["closed"] for one in admin.get("/api/v1/centres").json()] == [True, False]
        given = {"name": "x", "login": "new", "role": "desk", "centre_id": "ours"}
        assert admin.post("/api/v1/users", json=given).status_code == 422
        assert admin.post("/api/v1/residents", json={"name": "x", "centre_id": "ours"}).status_code == 422
        contact = {"owner_kind": "centre", "owner_id": "ours", "channel": "tel", "address": "13800138000"}
        assert admin.post("/api/v1/contacts", json=contact).status_code == 409
        assert admin.post("/api/v1/centres/ours/reopen").status_code == 204
        assert admin.post("/api/v1/users", json=given).status_code == 201


@pytest.mark.parametrize(("kind", "other"), [("centre", "team"), ("team", "centre")])
def test_a_lead_changes_the_own_place_and_no_other(site: Site, kind: str, other: str) -> None:
    login = {"centre": "desk", "team": "team"}[kind]
    with site.world.sessions.begin() as session:
        session.get_one(User, f"u-{login}").is_lead = True
    with site.browser(login) as lead:
        assert lead.patch(f"/api/v1/{kind}s/ours", json={"name": "新名"}).status_code == 200
        assert lead.patch(f"/api/v1/{kind}s/theirs", json={"name": "x"}).status_code == 404
        assert lead.patch(f"/api/v1/{other}s/ours", json={"name": "x"}).status_code == 404
        assert lead.patch(f"/api/v1/{kind}s/ours", json={"organisation_id": ""}).status_code == 403
        assert lead.post(f"/api/v1/{kind}s/ours/close").status_code == 403
        assert lead.get(f"/admin/places/{kind}/theirs", headers=HTML).status_code == 404
        assert lead.get(f"/admin/places/{kind}/ours", headers=HTML).status_code == 200
        assert lead.get("/admin/audit", headers=HTML).status_code == 403


def test_a_lead_manages_contacts_of_the_own_place_people_and_residents_only(site: Site) -> None:
    with site.world.sessions.begin() as session:
        session.get_one(User, "u-desk").is_lead = True
    with site.browser("desk") as lead:

        def add(kind: str, owner: str) -> int:
            given = {"owner_kind": kind, "owner_id": owner, "channel": "tel", "address": "13800138000"}
            return lead.post("/api/v1/contacts", json=given).status_code

        assert add("centre", "ours") == 201
        assert add("resident", "r-ours") == 201
        assert [add("centre", "theirs"), add("resident", "r-theirs"), add("user", "u-admin")] == [404] * 3
        assert {one["owner_id"] for one in lead.get("/api/v1/contacts").json()} == {"ours", "r-ours"}
