"""What an API token may be used for, and when it ends."""

from __future__ import annotations

import json

import pytest

from anhu.contract.clock import DAY_MS
from anhu.registry.tables import Audit, DeviceCommand, Token
from api.services.paging import encode_cursor
from tests.api.world import PASSWORD, Site

READS = ("GET", "/api/v1/residents")
ACKNOWLEDGES = ("POST", "/api/v1/alerts/{alert}/acknowledge")
COMMANDS = ("POST", "/api/v1/devices/watch-ours/commands")
PROVISIONS = ("POST", "/api/v1/devices")
ADMINISTERS = ("GET", "/api/v1/users")
BY_SCOPE = {
    "read": {READS},
    "respond": {ACKNOWLEDGES, COMMANDS},
    "provision": {PROVISIONS},
    "administer": {ADMINISTERS},
}
BODIES = {COMMANDS: {"name": "locate"}, PROVISIONS: {"id": "w-new"}}


def make(site: Site, role: str, **wanted: object) -> str:
    with site.browser(role) as client:
        answer = client.post("/api/v1/tokens", json={"label": "x", **wanted})
        assert answer.status_code == 201, answer.text
        token: str = answer.json()["token"]
        return token


def ask(site: Site, token: str, method: str, path: str, body: object = None) -> int:
    with site.anonymous() as client:
        headers = {"Authorization": f"Bearer {token}"}
        return client.request(method, path, json=body, headers=headers).status_code


@pytest.mark.parametrize("scope", BY_SCOPE)
def test_a_token_may_do_what_it_is_for_and_nothing_else(site: Site, scope: str) -> None:
    alert = site.world.raise_alert("r-ours")
    token = make(site, "admin", scopes=[scope])
    for what in (READS, ACKNOWLEDGES, COMMANDS, PROVISIONS, ADMINISTERS):
        answer = ask(site, token, what[0], what[1].format(alert=alert), BODIES.get(what))
        assert (answer < 300) == (what in BY_SCOPE[scope]), what
        assert answer < 300 or answer == 403


def test_a_token_made_without_a_word_administers_nothing(site: Site) -> None:
    token = make(site, "admin")
    assert ask(site, token, *READS) == 200
    assert ask(site, token, *ADMINISTERS) == 403


def test_a_scope_gives_nothing_that_the_role_has_not(site: Site) -> None:
    token = make(site, "family", scopes=["read", "respond", "provision", "administer"])
    assert ask(site, token, *ADMINISTERS) == 403
    assert ask(site, token, *PROVISIONS, BODIES[PROVISIONS]) == 403


def test_tokens_make_no_tokens(site: Site) -> None:
    token = make(site, "admin", scopes=["read", "respond", "provision", "administer"])
    assert ask(site, token, "POST", "/api/v1/tokens", {"label": "child"}) == 403


@pytest.mark.parametrize("days", [91, 3_650, 0, -1])
def test_no_token_lives_longer_than_ninety_days(site: Site, days: int) -> None:
    with site.browser("desk") as client:
        assert client.post("/api/v1/tokens", json={"label": "x", "days": days}).status_code == 422


def test_nobody_has_more_than_fifty_tokens(site: Site) -> None:
    with site.browser("desk") as client:
        made = [client.post("/api/v1/tokens", json={"label": "x"}).status_code for _ in range(50)]
    assert made == [201] * 49 + [409]  # one is the world's


@pytest.mark.parametrize("change", [{"password": "another-horse-2"}, {"enabled": False}])
def test_tokens_and_sessions_end_with_the_password_and_with_being_disabled(
    site: Site, change: dict[str, object]
) -> None:
    with site.browser("desk") as desk, site.program("admin") as admin:
        token = make(site, "desk")
        assert admin.patch("/api/v1/users/u-desk", json=change).status_code == 200
        admin.patch("/api/v1/users/u-desk", json={"enabled": True})
        assert desk.get("/api/v1/me").status_code == 401
    assert ask(site, token, "GET", "/api/v1/me") == 401


def test_the_last_use_is_shown(site: Site) -> None:
    token = make(site, "desk")
    site.world.clock.forward(DAY_MS)
    assert ask(site, token, "GET", "/api/v1/me") == 200
    site.write_minute()
    with site.program("desk") as desk, site.browser("desk") as somebody:
        assert desk.get("/api/v1/me").status_code == 401  # the world's token lives for a day
        listed = somebody.get("/api/v1/tokens").json()
    assert [(one["scopes"], one["last_used_at"]) for one in listed] == [
        (["provision", "read", "respond"], "2026-11-24T04:00:00.000Z")
    ]


def test_what_was_refused_is_in_the_audit_once_a_minute(site: Site) -> None:
    with site.program("desk") as desk:
        for _ in range(3):
            assert desk.get("/api/v1/residents/r-theirs").status_code == 404
        assert desk.get("/api/v1/users").status_code == 403
    site.write_minute()
    with site.world.sessions() as session:
        rows = session.query(Audit).filter(Audit.action.like("access.refused.%")).order_by(Audit.action)
        assert [(r.user_id, r.action, r.object_id, r.detail) for r in rows] == [
            ("u-desk", "access.refused.403", "/api/v1/users", {"count": 1}),
            ("u-desk", "access.refused.404", "/api/v1/residents/r-theirs", {"count": 3}),
        ]


def test_who_asks_without_end_is_told_to_wait(site: Site) -> None:
    with site.program("family") as family, site.program("desk") as desk:
        answers = [family.get("/api/v1/me") for _ in range(501)]
        assert [one.status_code for one in answers] == [200] * 500 + [429]
        assert answers[-1].headers["retry-after"] == "1"
        assert desk.get("/api/v1/me").status_code == 200
        site.world.clock.forward(1_000)
        assert [family.get("/api/v1/me").status_code for _ in range(6)] == [200] * 5 + [429]


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity"])
def test_a_number_without_end_is_refused_wherever_it_comes_in(site: Site, number: str) -> None:
    bodies = {
        "/api/v1/devices/watch-ours/commands": f'{{"name": "configure", "arguments": {{"x": {number}}}}}',
        "/api/v1/devices": f'{{"id": "w-new", "report_period_s": {number}}}',
        "/api/v1/residents/r-ours/limits": f'{{"name": "heart_rate_high.high_bpm", "value": {number}, "reason": "x"}}',
    }
    with site.program("admin") as admin:
        for path, body in bodies.items():
            answer = admin.post(path, content=body, headers={"Content-Type": "application/json"})
            assert answer.status_code == 422, path
    with site.world.sessions() as session:
        assert session.query(DeviceCommand).count() == 0


@pytest.mark.parametrize("arguments", [{"x": "y" * 257}, {"y" * 65: 1}, {str(n): 1 for n in range(17)}])
def test_a_command_is_short(site: Site, arguments: dict[str, object]) -> None:
    with site.program("desk") as desk:
        body = {"name": "configure", "arguments": arguments}
        assert desk.post("/api/v1/devices/watch-ours/commands", json=body).status_code == 422


LISTS = ("alerts", "residents", "devices", "users", "audit", "latest")


@pytest.mark.parametrize(
    "key", [(2**63,), (-(2**64), "x"), ("\ud800",), ("a\0",), (1, 2**70, "x"), ("x" * 200,), (2**63, 1, "x")]
)
def test_a_cursor_that_no_database_takes_is_refused(site: Site, key: tuple[str | int, ...]) -> None:
    with site.program("admin") as admin:
        for path in LISTS:
            answer = admin.get(f"/api/v1/{path}", params={"cursor": encode_cursor(*key), "order": "queue"})
            assert answer.status_code in {200, 422}, path


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"])
def test_a_time_beyond_calendars_is_refused(site: Site, time: str) -> None:
    with site.program("admin") as admin:
        for name in ("since", "until"):
            for path in ("alarm-budget", "audit", "alerts", "residents/r-ours/events"):
                assert admin.get(f"/api/v1/{path}", params={name: time}).status_code == 422, path


def test_a_family_is_not_told_why_a_message_failed(site: Site) -> None:
    alert = site.world.raise_alert("r-ours")
    site.world.note_failed_message(alert, "550 no such user dr.li@hospital.example")
    with site.program("family") as family, site.program("desk") as desk:
        assert "dr.li" in desk.get(f"/api/v1/alerts/{alert}/history").text
        told = family.get(f"/api/v1/alerts/{alert}/history")
    assert told.status_code == 200
    assert "dr.li" not in told.text
    assert "notify_failed" in json.dumps(told.json())


def test_only_digests_of_tokens_and_browsers_are_kept(site: Site) -> None:
    token = make(site, "desk")
    with site.anonymous() as client:
        client.post("/api/v1/login", json={"login": "desk", "password": PASSWORD})
        browser = client.cookies["anhu_browser"]
    with site.world.sessions() as session:
        for row in session.query(Token):
            assert token.encode() not in row.sha256
            assert browser.encode() not in row.sha256
