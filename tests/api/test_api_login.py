"""Logging in, staying in, being kept out."""

from __future__ import annotations

import logging

import pytest

from anhu.contract.clock import HOUR_MS, MINUTE_MS
from anhu.contract.errors import FieldError
from anhu.registry.tables import Audit, Token, User
from api.security.passwords import DEFAULT_COST, hash_password, password_matches
from ingest.store.embedded.query import SqliteStoreQuery
from tests.api.world import CHEAP, PASSWORD, ROLES, Site, World, serve


def log_in(site: Site, login: str, password: str) -> int:
    with site.anonymous() as client:
        return client.post("/api/v1/login", json={"login": login, "password": password}).status_code


@pytest.mark.parametrize("role", ROLES)
def test_each_role_logs_in_and_out(site: Site, role: str) -> None:
    with site.browser(role) as client:
        me = client.get("/api/v1/me").json()
        assert (me["user_id"], me["role"]) == (f"u-{role}", role)
        cookie = client.cookies["anhu_session"]
        assert client.post("/api/v1/logout").status_code == 204
    with site.anonymous() as client:
        assert client.get("/api/v1/me", headers={"Cookie": f"anhu_session={cookie}"}).status_code == 401


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(world: World, store: SqliteStoreQuery) -> None:
    with serve(world, store, cookie_secure=True) as site, site.anonymous() as client:
        answer = client.post("/api/v1/login", json={"login": "desk", "password": PASSWORD})
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-anhu_session=")
        for flag in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
            assert flag in cookie
        assert answer.headers["strict-transport-security"].startswith("max-age=")


def test_only_digests_are_kept(site: Site) -> None:
    with site.browser("desk") as client:
        cookie = client.cookies["anhu_session"]
    with site.world.sessions() as session:
        assert all(cookie.encode() not in token.sha256 for token in session.query(Token))
        user = session.get_one(User, "u-desk")
        assert user.password_hash.startswith("scrypt$16$8$1$")
        assert PASSWORD not in user.password_hash


def test_a_session_ends_by_itself_and_with_the_user(site: Site) -> None:
    with site.browser("desk") as client:
        site.world.clock.forward(11 * HOUR_MS)
        assert client.get("/api/v1/me").status_code == 200
        site.world.clock.forward(2 * HOUR_MS)
        assert client.get("/api/v1/me").status_code == 401
    with site.browser("team") as client:
        with site.world.sessions.begin() as session:
            session.get_one(User, "u-team").enabled = False
        assert client.get("/api/v1/me").status_code == 401
    assert log_in(site, "team", PASSWORD) == 401


def test_a_write_with_a_cookie_must_repeat_the_csrf_token(site: Site) -> None:
    alert = site.world.raise_alert("r-ours")
    with site.browser("desk") as client:
        right = client.headers.pop("X-CSRF-Token")
        for wrong in (None, "", "x", right[:-1]):
            headers = {} if wrong is None else {"X-CSRF-Token": wrong}
            assert client.post(f"/api/v1/alerts/{alert}/acknowledge", headers=headers).status_code == 403
        answer = client.post(f"/api/v1/alerts/{alert}/acknowledge", headers={"X-CSRF-Token": right})
        assert answer.status_code == 200


def test_another_site_may_not_log_in(site: Site) -> None:
    with site.anonymous() as client:
        body = {"login": "desk", "password": PASSWORD}
        answer = client.post("/api/v1/login", json=body, headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403


def test_wrong_password_and_unknown_login_get_the_same_answer(site: Site) -> None:
    with site.anonymous() as client:
        answers = [
            client.post("/api/v1/login", json={"login": login, "password": "wrong-horse-1"})
            for login in ("desk", "nobody")
        ]
    assert answers[0].status_code == answers[1].status_code == 401
    assert answers[0].json() == answers[1].json()


def test_guessing_one_login_waits_longer_and_longer(site: Site) -> None:
    for _ in range(5):
        assert log_in(site, "desk", "wrong-horse-1") == 401
    with site.anonymous() as client:
        refused = client.post("/api/v1/login", json={"login": "desk", "password": PASSWORD})
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
    site.world.clock.forward(30_000)
    assert log_in(site, "desk", "wrong-horse-1") == 401
    site.world.clock.forward(31_000)
    assert log_in(site, "desk", PASSWORD) == 429
    site.world.clock.forward(30_000)
    assert log_in(site, "desk", PASSWORD) == 200
    assert log_in(site, "desk", "wrong-horse-1") == 401  # counted from nought again
    assert log_in(site, "desk", PASSWORD) == 200


def test_who_guesses_many_logins_keeps_nobody_behind_the_same_address_out(site: Site) -> None:
    tried = [log_in(site, f"nobody-{n}", "wrong-horse-1") for n in range(31)]
    assert tried == [401] * 31
    assert log_in(site, "desk", PASSWORD) == 200


def test_guesses_are_forgotten_in_time(site: Site) -> None:
    for _ in range(5):
        log_in(site, "desk", "wrong-horse-1")
    site.world.clock.forward(2 * MINUTE_MS)
    assert [log_in(site, "desk", "wrong-horse-1") for _ in range(2)] == [401, 429]
    site.world.clock.forward(10 * MINUTE_MS)
    assert [log_in(site, "desk", "wrong-horse-1") for _ in range(6)] == [401] * 5 + [429]


def test_failed_logins_are_on_record(site: Site) -> None:
    log_in(site, "desk", "wrong-horse-1")
    with site.world.sessions() as session:
        (row,) = session.query(Audit).filter_by(action="login.failed")
        assert (row.user_id, row.address) == ("u-desk", "127.0.0.1")


def test_no_secret_in_logs_or_errors(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with site.program("admin") as client:
        short = client.post("/api/v1/users", json={"login": "new", "name": "n", "role": "desk", "password": "hunter2"})
        assert short.status_code == 422
        assert "hunter2" not in short.text
        wrong = client.post("/api/v1/login", json={"login": "desk", "password": ["hunter2"]})
        assert wrong.status_code == 422
        assert "hunter2" not in wrong.text
    assert log_in(site, "desk", "hunter2-hunter2") == 401
    mine = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert "hunter2" not in "".join(record.getMessage() for record in mine)


def test_a_hash_carries_its_cost_and_fits_its_column() -> None:
    stored = hash_password(PASSWORD, cost=CHEAP)
    assert stored != hash_password(PASSWORD, cost=CHEAP)
    assert password_matches(PASSWORD, stored)
    assert not password_matches(PASSWORD + "x", stored)
    assert not password_matches(PASSWORD, "")
    assert not password_matches("", "")
    assert DEFAULT_COST.n * DEFAULT_COST.r * 128 == 32 * 2**20
    assert len(stored) < 300


@pytest.mark.parametrize("password", ["", "short", "x" * 201])
def test_a_password_has_a_length(password: str) -> None:
    with pytest.raises(FieldError, match="10 to 200 characters"):
        hash_password(password, cost=CHEAP)
