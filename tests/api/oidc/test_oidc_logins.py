"""One login, from leaving to coming back: in this browser, once, in time, and to nowhere else."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select

from anhu.contract.clock import HOUR_MS, MINUTE_MS
from anhu.registry.oidc_tables import OidcUsed
from anhu.registry.tables import Audit, Token, User
from tests.api.oidc.conftest import Desk
from tests.api.world import PASSWORD


def test_a_state_counts_in_the_browser_that_began_it_only(desk: Desk) -> None:
    with desk.site.anonymous() as mine, desk.site.anonymous() as victims:
        state = desk.begin(mine)
        answer = desk.finish(victims, state)
        assert (answer.status_code, 'data-reason="state"' in answer.text) == (403, True)
        assert "anhu_session" not in victims.cookies
        assert desk.finish(mine, state).headers["location"] == "/desk"


@pytest.mark.parametrize("kept", ["", "x", "x" * 3_000, "ÄÖ"])
def test_a_made_up_ticket_is_none(desk: Desk, kept: str) -> None:
    with desk.site.anonymous() as client:
        state = desk.begin(client)
        (name,) = [one for one in client.cookies if one.startswith("anhu_oidc_")]
        headers = {b"cookie": f"{name}={kept}".encode()}
        client.cookies.clear()
        answer = client.get("/login/oidc/callback", params={"state": state, "code": "c"}, headers=headers)
        assert 'data-reason="state"' in answer.text
        assert not desk.fake.forms


def test_a_login_counts_once(desk: Desk) -> None:
    with desk.site.anonymous() as client:
        state = desk.begin(client)
        kept = dict(client.cookies)
        assert desk.finish(client, state).status_code == 303
    with desk.site.anonymous() as client:
        client.cookies.update(kept)
        assert 'data-reason="code"' in desk.finish(client, state).text
    with desk.site.anonymous() as client:
        client.cookies.update(kept)
        assert 'data-reason="used"' in desk.finish(client, state, code="another").text
        assert "anhu_session" not in client.cookies


def test_a_login_that_took_too_long_begins_again(desk: Desk) -> None:
    with desk.site.anonymous() as client:
        state = desk.begin(client)
        desk.site.world.clock.forward(10 * MINUTE_MS + 1)
        answer = desk.finish(client, state)
        assert 'data-reason="state"' in answer.text
        assert 'href="/login/oidc"' in answer.text


def test_two_tabs_and_the_back_button(desk: Desk) -> None:
    with desk.site.anonymous() as client:
        first, nonce = desk.begin(client), desk.fake.nonce
        second = desk.begin(client, "/residents")
        assert desk.finish(client, second, code="2").headers["location"] == "/residents"
        desk.fake.nonce = nonce
        assert desk.finish(client, first, code="1").headers["location"] == "/desk"
        assert desk.finish(client, first, code="3").headers["location"] == "/desk"
        assert client.get("/api/v1/me").status_code == 200


def test_a_browser_keeps_few_tickets(desk: Desk) -> None:
    with desk.site.anonymous() as client:
        states = [desk.begin(client) for _ in range(7)]
        assert len([one for one in client.cookies if one.startswith("anhu_oidc_")]) == 4
        assert desk.finish(client, states[-1]).headers["location"] == "/desk"
        with desk.site.world.sessions() as session:
            assert session.scalar(select(func.count()).select_from(OidcUsed)) == 1


@pytest.mark.parametrize("following", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "/\t/evil"])
def test_nobody_is_led_elsewhere_afterwards(desk: Desk, following: str) -> None:
    with desk.site.anonymous() as client:
        assert desk.log_in(client, following).headers["location"] == "/desk"


def test_from_another_address_of_ours_one_leaves_from_the_one_that_people_come_back_to(desk: Desk) -> None:
    with desk.site.anonymous() as client:
        answer = client.get("/login/oidc?next=/residents", headers={"Host": "evil.example"})
        assert answer.headers["location"] == "http://desk.example/login/oidc?here=1&next=/residents"
        cross = client.get("/login/oidc", headers={"Sec-Fetch-Site": "cross-site"})
        assert cross.headers["location"] == "/login"


def test_what_the_provider_refuses_is_said_in_our_words(desk: Desk) -> None:
    with desk.site.anonymous() as client:
        state = desk.begin(client)
        more = {"error": "access_denied", "error_description": "<b>call 123</b>"}
        answer = client.get("/login/oidc/callback", params={"state": state, **more})
        assert 'data-reason="denied"' in answer.text
        assert "call 123" not in answer.text
        assert "王工 0571-1234" in answer.text
        answer = client.get("/login/oidc/callback", params={"error": "access_denied", "state": "x"})
        assert 'data-reason="state"' in answer.text
        twice = client.get(f"/login/oidc/callback?state={state}&state={state}&code=c")
        assert 'data-reason="state"' in twice.text


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_provider_that_is_down_leaves_passwords(desk: Desk, language: str) -> None:
    with desk.site.anonymous() as client:
        desk.begin(client)
        desk.fake.status = {"/.well-known/openid-configuration": 503, "/token": 503}
        desk.site.world.clock.forward(25 * HOUR_MS)  # what was known of it no longer counts
        client.cookies.set("anhu_language", language)
        there = client.get("/login/oidc", params={"here": "1", "next": "/residents"}).headers["location"]
        page = client.get(there).text
        assert 'id="provider-down"' in page
        assert ("没有应答" if language == "zh-CN" else "does not answer") in page
        answer = client.post("/login", data={"login": "desk", "password": PASSWORD, "next": "/residents"})
        assert answer.headers["location"] == "/residents"
    assert desk.door.counters()["oidc_down_s"] > 0


@pytest.mark.parametrize("status", [500, 302, 404])
def test_a_token_endpoint_that_fails_lets_nobody_in(desk: Desk, status: int) -> None:
    with desk.site.anonymous() as client:
        state = desk.begin(client)
        desk.fake.status = {"/token": status}
        answer = desk.finish(client, state)
        assert "anhu_session" not in client.cookies
        assert answer.status_code in {303, 403}
        assert answer.headers.get("location", "/login?provider=down") == "/login?provider=down"


def test_a_slow_provider_holds_up_nobody_but_who_asks_it(desk: Desk) -> None:
    with desk.site.anonymous() as client:
        client.timeout = 600
        state = desk.begin(client)
        desk.fake.go_on.clear()
        waiting = threading.Thread(target=lambda: desk.finish(client, state))
        waiting.start()
        with desk.site.anonymous() as other:
            assert other.post("/api/v1/login", json={"login": "desk", "password": PASSWORD}).status_code == 200
        assert waiting.is_alive()
        desk.fake.go_on.set()
        waiting.join(600)
        assert "anhu_session" in client.cookies


def test_a_provider_that_never_answers_is_waited_for_so_long_and_no_longer(desk: Desk) -> None:
    with desk.site.anonymous() as client:
        client.timeout = 600
        state = desk.begin(client)
        desk.fake.go_on.clear()
        desk.door._transport._whole_s = 0.2
        assert desk.finish(client, state).headers["location"] == "/login?provider=down"
        assert "anhu_session" not in client.cookies


def test_who_is_let_in_and_who_is_not_is_on_record(desk: Desk) -> None:
    with desk.site.anonymous() as client:
        desk.log_in(client)
    desk.fake.claims = {"sub": "p-2", "groups": ["cooks"], "preferred_username": "zhou"}
    with desk.site.anonymous() as client:
        assert desk.refused(client) == "no_role"
    desk.site.write_minute()
    with desk.site.world.sessions() as session:
        rows = session.scalars(select(Audit).order_by(Audit.id)).all()
        assert [row.action for row in rows if row.action.startswith(("login", "user"))] == [
            "user.create",
            "login",
            "login.refused",
        ]
        assert rows[-1].detail == {"reason": "no_role", "issuer": desk.fake.issuer, "subject": "p-2"}
        assert rows[-1].address == "127.0.0.1"
        assert session.scalar(select(User).where(User.login == "zhou")) is None


def test_a_session_lasts_a_shift_and_is_renewed_no_further(desk: Desk) -> None:
    with desk.site.anonymous() as client:
        desk.log_in(client)
        csrf = client.get("/api/v1/me").json()["csrf"]
        desk.site.world.clock.forward(11 * HOUR_MS)
        client.post("/session/renew", headers={"X-CSRF-Token": csrf})
        desk.site.world.clock.forward(HOUR_MS)
        assert client.get("/api/v1/me").status_code == 401


def test_a_browser_that_comes_again_is_known(desk: Desk) -> None:
    with desk.site.anonymous() as client:
        for _ in range(3):
            desk.log_in(client)
    with desk.site.world.sessions() as session:
        found = session.scalars(select(Token).join(User, User.id == Token.user_id).where(User.login == "wang"))
        assert sorted(one.purpose for one in found) == ["browser", "session", "session", "session"]


def test_no_secret_in_logs(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    with desk.site.anonymous() as client:
        state = desk.begin(client)
        desk.fake.status = {"/token": 500}
        desk.finish(client, state, code="the-code")
    ours = "".join(one.getMessage() for one in caplog.records if not one.name.startswith(("httpx", "httpcore")))
    for secret in ("shh", "the-code", state):
        assert secret not in ours
