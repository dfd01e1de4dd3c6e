"""Who is what here by the provider's word: no more than a rule says, no longer than it says so, and never unseen."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from anhu.contract.clock import DAY_MS
from anhu.contract.errors import SettingsError
from anhu.registry.oidc_tables import OidcIdentity
from anhu.registry.roles import Role
from anhu.registry.rota_tables import RotaRow
from anhu.registry.tables import Audit, Centre, Token, User
from api.oidc.roles import Grant, granted, parse_rules, values_of
from api.services.login import viewer_by_token
from tests.api.oidc.conftest import Desk
from tests.api.world import PASSWORD


def me(desk: Desk, **claims: object) -> dict[str, Any]:
    """Log in with these claims and return who one is."""
    desk.fake.claims = claims
    with desk.site.anonymous() as client:
        answer = desk.log_in(client)
        assert answer.status_code == 303, answer.text
        found: dict[str, Any] = client.get("/api/v1/me").json()
        return found


def refused(desk: Desk, **claims: object) -> str:
    desk.fake.claims = claims
    with desk.site.anonymous() as client:
        return desk.refused(client)


def test_the_first_rule_that_fits_counts() -> None:
    rules = parse_rules("admins=admin; cn=desk,ou=x=desk:c-1; gp-*-x=team:*:lead\nmaker=vendor:Acme", "V")
    assert next(granted(rules, ["other", "gp-t-7-x", "admins"])) == Grant(Role.ADMIN, "", is_lead=False, value="admins")
    assert list(granted(rules, ["gp-t-7-x"])) == [Grant(Role.TEAM, "t-7", is_lead=True, value="gp-t-7-x")]
    assert list(granted(rules, ["cn=desk,ou=x", "gp--x", "gp-x", "ADMINS", "maker"])) == [
        Grant(Role.DESK, "c-1", is_lead=False, value="cn=desk,ou=x"),
        Grant(Role.VENDOR, "Acme", is_lead=False, value="maker"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        *("x", "=admin", "a=root", "a=desk", "a=admin:c", "a=desk:*", "a-*=desk:c", "*-*=desk:*"),
        *("a=admin::lead", "a=family:x", "a=vendor:x:lead", "a=desk:c:boss"),
    ],
)
def test_a_rule_that_says_nothing_clear_is_refused(text: str) -> None:
    with pytest.raises(SettingsError):
        parse_rules(text, "ANHU_OIDC_ROLES")


@pytest.mark.parametrize(
    ("claims", "path", "values"),
    [
        ({"groups": ["a", 7, None, "", "b" * 256, {"c": 1}]}, "groups", ["a"]),
        ({"groups": "a b"}, "groups", ["a b"]),
        ({"groups": {"a": True}}, "groups", []),
        ({"groups": None}, "groups", []),
        ({}, "groups", None),
        ({"realm_access": {"roles": ["a"]}}, "realm_access.roles", ["a"]),
        ({"realm_access": "a"}, "realm_access.roles", None),
        ({"https://x.example/roles": ["a"]}, "https://x.example/roles", ["a"]),
    ],
)
def test_values_are_texts_in_a_list(claims: dict[str, Any], path: str, values: list[str] | None) -> None:
    assert values_of(claims, path) == values


def test_nobody_is_let_in_without_a_role(desk: Desk) -> None:
    desk.fake.userinfo = {"sub": "p-1"}
    for groups in ([], ["desks-ours"], ["desk-"], ["desk-nowhere"], "x", None, [["desk-ours"]], {"desk-ours": 1}):
        assert refused(desk, groups=groups) == "no_role"
    with desk.site.world.sessions.begin() as session:
        session.get_one(Centre, "ours").closed_at_ms = 1
    assert refused(desk, groups=["desk-ours"]) == "no_role"
    assert me(desk, groups=["desk-ours", "team-ours"])["role"] == "team"


def test_nobody_takes_over_an_account_by_its_name_or_address(desk: Desk) -> None:
    said = me(desk, preferred_username="admin", email="admin@anhu.example", email_verified=True)
    assert said["user_id"] != "u-admin"
    assert said["login"].startswith("sso-")
    assert me(desk, sub="p-2", preferred_username="wang")["login"] == "wang"
    assert me(desk, sub="p-3", preferred_username="wang")["login"].startswith("sso-")


def test_the_same_person_is_the_same_user_whatever_the_name(desk: Desk) -> None:
    first = me(desk)
    again = me(desk, preferred_username="wang.xiuying", name="另一个名字")
    assert again["user_id"] == first["user_id"]


def test_a_role_follows_the_provider_and_ends_what_was_open(desk: Desk) -> None:
    desk.fake.claims = {"groups": ["lead-ours"]}
    with desk.site.anonymous() as client:
        desk.log_in(client)
        assert "manage_people" in client.get("/api/v1/me").json()["permissions"]
        now = me(desk, groups=["team-ours"])
        assert (now["role"], now["centre_id"], now["team_id"]) == ("team", "", "ours")
        assert "manage_people" not in now["permissions"]
        assert client.get("/api/v1/me").status_code == 401
    with desk.site.world.sessions() as session:
        row = session.scalars(select(Audit).where(Audit.action == "user.by_provider")).one()
        assert row.detail["was"] == {"role": "desk", "centre_id": "ours", "team_id": "", "is_lead": "True"}
        assert row.detail["is"] == {"role": "team", "centre_id": "", "team_id": "ours", "is_lead": ""}
        assert row.detail["by"] == "team-ours"


def rota(desk: Desk) -> None:
    with desk.site.world.sessions.begin() as session:
        row = RotaRow(
            id="rota-1", owner_kind="centre", owner_id="ours", time_zone="Asia/Shanghai", covers="always", workdays="cn"
        )
        row.look_at_ms = 10**15
        session.add(row)


def test_whose_role_is_taken_away_is_gone_and_the_rota_is_looked_at_at_once(desk: Desk) -> None:
    user_id = me(desk)["user_id"]
    with desk.site.world.sessions.begin() as session:
        session.get_one(User, "u-desk").enabled = False
        far = DAY_MS + desk.site.world.clock.now_ms()
        session.add(Token(sha256=b"t", user_id=user_id, purpose="api", created_at_ms=0, expires_at_ms=far))
    rota(desk)
    assert refused(desk, groups=["cooks"]) == "no_role"
    with desk.site.world.sessions() as session:
        assert not session.get_one(User, user_id).enabled
        assert session.scalars(select(Token).where(Token.user_id == user_id)).all() == []
        assert session.get_one(RotaRow, "rota-1").look_at_ms == 0
        row = session.scalars(select(Audit).where(Audit.action == "user.ended_by_provider")).one()
        assert row.detail == {"residents_seen_by_no_desk": 1}
    assert me(desk)["user_id"] == user_id


def test_who_was_switched_off_here_stays_so_whatever_the_provider_says(desk: Desk) -> None:
    user_id = me(desk)["user_id"]
    with desk.site.world.sessions.begin() as session:
        session.get_one(User, user_id).enabled = False
    assert refused(desk) == "disabled"


def link(desk: Desk, user_id: str, subject: str = "p-1") -> None:
    with desk.site.world.sessions.begin() as session:
        session.add(OidcIdentity(issuer=desk.fake.issuer, subject=subject, user_id=user_id, linked_at_ms=0))


def test_the_last_administrator_with_a_password_stays(desk: Desk) -> None:
    link(desk, "u-admin")
    assert refused(desk, groups=["cooks"]) == "last_admin"
    assert refused(desk, groups=["desk-ours"]) == "last_admin"
    with desk.site.anonymous() as client:
        assert client.post("/api/v1/login", json={"login": "admin", "password": PASSWORD}).status_code == 200
    assert me(desk, groups=["anhu-admins"])["user_id"] == "u-admin"


def test_passwords_are_for_those_who_are_named(strict_desk: Desk) -> None:
    desk = strict_desk
    for login, status in {"desk": 200, "admin": 200, "team": 401, "vendor": 401}.items():
        with desk.site.anonymous() as client:
            answer = client.post("/api/v1/login", json={"login": login, "password": PASSWORD})
            assert answer.status_code == status, login
            assert 'id="some-only"' in client.get("/login").text
    link(desk, "u-admin")
    with desk.site.world.sessions.begin() as session:
        session.add(User(id="u-2", login="second", name="x", role="admin", password_hash="x"))
    assert refused(desk, groups=["cooks"]) == "kept_named"
    assert me(desk, sub="p-9", preferred_username="admin")["login"].startswith("sso-")


def test_one_links_oneself_after_the_password(desk: Desk) -> None:
    with desk.site.browser("desk") as client:
        wrong = client.post(
            "/account/oidc/link", data={"present": "wrong-horse-1", "csrf": client.headers["X-CSRF-Token"]}
        )
        assert wrong.status_code == 403
        page = client.post("/account/oidc/link", data={"present": PASSWORD, "csrf": client.headers["X-CSRF-Token"]})
        assert page.status_code == 200
        there = page.text.partition('id="go" href="')[2].partition('"')[0].replace("&amp;", "&")
        state = there.partition("&state=")[2].partition("&")[0]
        desk.fake.nonce = there.partition("&nonce=")[2].partition("&")[0]
        desk.fake.now_s = desk.site.world.clock.now_ms() // 1000
        kept = dict(client.cookies)
        with desk.site.browser("team") as another:
            another.cookies.update({name: one for name, one in kept.items() if name.startswith("anhu_oidc")})
            assert 'data-reason="state"' in desk.finish(another, state, code="0").text
        answer = desk.finish(client, state)
        assert answer.headers["location"] == "/account?done=linked"
        assert "p-1" in client.get("/account").text
    assert me(desk)["user_id"] == "u-desk"
    with desk.site.browser("team") as client:
        page = client.post("/account/oidc/link", data={"present": PASSWORD, "csrf": client.headers["X-CSRF-Token"]})
        there = page.text.partition('id="go" href="')[2].partition('"')[0].replace("&amp;", "&")
        desk.fake.nonce = there.partition("&nonce=")[2].partition("&")[0]
        desk.fake.claims = {"groups": ["team-ours"]}
        state = there.partition("&state=")[2].partition("&")[0]
        assert 'data-reason="linked"' in desk.finish(client, state, code="2").text


def test_an_administrator_links_and_unlinks(desk: Desk) -> None:
    with desk.site.browser("admin") as client:
        csrf = {"csrf": client.headers["X-CSRF-Token"]}
        assert client.post("/admin/users/u-team/link", data={"subject": "p-1", **csrf}).status_code == 303
        assert client.post("/admin/users/u-desk/link", data={"subject": "p-1", **csrf}).status_code == 409
        assert "p-1" in client.get("/admin/users/u-team").text
        desk.fake.claims = {"groups": ["team-ours"]}
        with desk.site.anonymous() as other:
            desk.log_in(other)
            assert other.get("/api/v1/me").json()["user_id"] == "u-team"
            assert client.post("/admin/users/u-team/unlink", data=csrf).status_code == 303
            assert other.get("/api/v1/me").status_code == 401
    with desk.site.browser("desk") as client:
        data = {"subject": "p-1", "csrf": client.headers["X-CSRF-Token"]}
        assert client.post("/admin/users/u-desk/link", data=data).status_code == 403
    assert viewer_by_token(desk.site.deps, token="x", purpose="session", address="") is None
