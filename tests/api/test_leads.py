"""Leads as attackers: nobody makes himself, or another, more than he is, nor reaches beyond the own centre or team."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from anhu.registry.tables import Audit, Contact, Resident, Token, User
from tests.api.world import Site, World

LEADS = ("desk", "team")
PLACE = {"desk": "centre_id", "team": "team_id"}
WANTED: tuple[dict[str, Any], ...] = (
    {"role": "admin"},
    {"is_lead": True},
    {"role": "vendor", "vendor": "ours"},
    {"role": "family"},
)


@pytest.fixture(autouse=True)
def people(world: World) -> None:
    """A member of our desk and team, another lead there, and a member at the other place."""
    with world.sessions.begin() as session:
        for role in LEADS:
            session.get_one(User, f"u-{role}").is_lead = True
            for name, place, leads in (
                ("member", "ours", False),
                ("second", "ours", True),
                ("stranger", "theirs", False),
            ):
                facts: dict[str, Any] = {PLACE[role]: place, "is_lead": leads, "role": role}
                session.add(User(id=f"u-{name}-{role}", login=f"{name}-{role}", name=name, **facts))


@pytest.fixture(params=LEADS)
def role(request: pytest.FixtureRequest) -> str:
    """Of what the attacker is a lead."""
    found: str = request.param
    return found


@pytest.fixture
def lead(site: Site, role: str) -> Iterator[httpx.Client]:
    with site.browser(role) as client:
        yield client


def users_of(world: World) -> dict[str, tuple[object, ...]]:
    with world.sessions() as session:
        return {
            one.id: (one.role, one.is_lead, one.centre_id, one.team_id, one.password_hash, one.enabled)
            for one in session.query(User)
        }


@pytest.mark.parametrize("wanted", WANTED, ids=str)
def test_a_lead_makes_nobody_more_than_a_member(
    world: World, lead: httpx.Client, role: str, wanted: dict[str, Any]
) -> None:
    before = users_of(world)
    member = {"login": "new", "name": "x", "role": role, PLACE[role]: "ours"}
    assert lead.post("/api/v1/users", json=member | wanted).status_code in {403, 422}
    assert lead.patch(f"/api/v1/users/u-member-{role}", json=wanted).status_code in {403, 422}
    assert lead.patch(f"/api/v1/users/u-{role}", json=wanted).status_code == 404, "not even himself"
    assert users_of(world) == before
    csrf = {"csrf": lead.headers["X-CSRF-Token"]}
    assert lead.post("/admin/users", data=member | wanted | csrf).status_code in {200, 403, 422}
    made = {key: facts for key, facts in users_of(world).items() if key not in before}
    assert all(facts[:2] == (role, False) for facts in made.values()), "a page takes the lead's own role and place"


def test_a_lead_moves_nobody_out_and_takes_nobody_in(world: World, lead: httpx.Client, role: str) -> None:
    before = users_of(world)
    theirs = {PLACE[role]: "theirs"}
    assert lead.post("/api/v1/users", json={"login": "new", "name": "x", "role": role, **theirs}).status_code == 422
    assert lead.patch(f"/api/v1/users/u-member-{role}", json=theirs).status_code == 422
    assert lead.patch(f"/api/v1/users/u-{role}", json=theirs).status_code == 404
    assert lead.patch(f"/api/v1/users/u-stranger-{role}", json={PLACE[role]: "ours"}).status_code == 404
    assert users_of(world) == before


@pytest.mark.parametrize("whose", ["u-admin", "u-family", "u-vendor", "u-stranger-{}", "u-second-{}", "u-nobody"])
def test_a_lead_takes_over_nobodys_account(world: World, lead: httpx.Client, role: str, whose: str) -> None:
    user_id = whose.format(role)
    before = users_of(world)
    email = {"owner_kind": "user", "owner_id": user_id, "channel": "webhook", "address": "https://evil.example/"}
    assert lead.patch(f"/api/v1/users/{user_id}", json={"password": "quiet-river-77"}).status_code == 404
    assert lead.patch(f"/api/v1/users/{user_id}", json={"enabled": False}).status_code == 404
    assert lead.post(f"/api/v1/users/{user_id}/reset-password").status_code == 404
    assert lead.post(f"/admin/users/{user_id}/reset").status_code == 404
    assert lead.get(f"/admin/users/{user_id}").status_code == 404
    assert lead.post("/api/v1/contacts", json=email).status_code == 404, "a reset would be mailed there"
    assert lead.get("/api/v1/contacts", params={"owner_kind": "user", "owner_id": user_id}).status_code == 404
    assert lead.post("/api/v1/tokens", json={"label": "x", "user_id": user_id}).status_code == 403
    assert users_of(world) == before
    with world.sessions() as session:
        assert session.query(Contact).count() == 0
        assert session.query(Token).filter_by(user_id=user_id, label="x").count() == 0


def test_a_lead_may_do_it_to_a_member_and_it_is_on_record(world: World, lead: httpx.Client, role: str) -> None:
    assert lead.patch(f"/api/v1/users/u-member-{role}", json={"name": "新名"}).status_code == 200
    assert lead.post(f"/api/v1/users/u-member-{role}/reset-password").status_code == 200
    with world.sessions() as session:
        written = {(one.user_id, one.action) for one in session.query(Audit).filter_by(object_id=f"u-member-{role}")}
    assert written >= {(f"u-{role}", "user.change"), (f"u-{role}", "user.password.reset")}


def test_a_lead_reads_nobodys_audit_and_exports_nothing(lead: httpx.Client, role: str) -> None:
    for path in ("/api/v1/audit", "/admin/audit", "/admin/audit.csv", "/api/v1/imports/residents.csv", "/api/v1/gaps"):
        assert lead.get(path).status_code == 403, path
        assert lead.get(path, params={"user_id": f"u-{role}"}).status_code == 403, path


def test_a_lead_gives_no_resident_away_and_takes_none(world: World, lead: httpx.Client) -> None:
    ours, theirs = "/api/v1/residents/r-ours", "/api/v1/residents/r-theirs"
    assert lead.patch(ours, json={"centre_id": "theirs"}).status_code == 422
    assert lead.patch(ours, json={"team_id": "theirs"}).status_code == 422
    assert lead.patch(theirs, json={"centre_id": "ours"}).status_code == 404
    assert lead.post(f"{theirs}/family", json={"name": "x", "phone": "13900139000"}).status_code == 404
    assert lead.post("/api/v1/users/u-family/residents", json={"resident_id": "r-ours"}).status_code == 403
    assert lead.post("/api/v1/places", json={"centre_id": "theirs", "kind": "building", "name": "x"}).status_code == 422
    with world.sessions() as session:
        assert session.get_one(Resident, "r-ours").centre_id == "ours"
        assert session.get_one(Resident, "r-theirs").centre_id == "theirs"


def test_a_lead_who_is_one_no_more_manages_nobody_at_once(world: World, lead: httpx.Client, role: str) -> None:
    assert lead.get("/api/v1/users").status_code == 200
    with world.sessions.begin() as session:
        session.get_one(User, f"u-{role}").is_lead = False
    assert lead.get("/api/v1/users").status_code == 403
    assert lead.patch(f"/api/v1/users/u-member-{role}", json={"name": "x"}).status_code == 403


@pytest.mark.parametrize("given", [{"role": "admin"}, {"is_lead": True}, {"login": "root"}, {"password_hash": "x"}])
@pytest.mark.parametrize("who", ["family", "vendor", "desk"])
def test_nobody_changes_himself_by_fields_that_are_not_offered(
    world: World, site: Site, who: str, given: dict[str, Any]
) -> None:
    with world.sessions.begin() as session:
        session.get_one(User, "u-desk").is_lead = False
    before = users_of(world)
    with site.browser(who) as client:
        assert client.patch(f"/api/v1/users/u-{who}", json=given).status_code in {403, 422}
        csrf = {"csrf": client.headers["X-CSRF-Token"]}
        client.post("/account/language", data={"language": "en", **given, **csrf})
        client.post(
            "/account/contacts", data={"channel": "tel", "address": "13900139000", "owner_id": "u-admin", **csrf}
        )
    assert users_of(world) == before
    with world.sessions() as session:
        assert session.query(Contact).filter_by(owner_id="u-admin").count() == 0
