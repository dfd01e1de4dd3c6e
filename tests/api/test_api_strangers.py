"""Every route, first as nobody, then as a stranger, then as somebody whose role does not allow it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from anhu.contract.clock import DAY_MS, ManualClock
from anhu.registry.tables import Device, User
from api.app import create_app
from api.dependencies import Dependencies
from api.gate import is_public
from tests.api.matrix.plans import BODIES as OF_THE_MATRIX
from tests.api.world import Site

PUBLIC = {
    *("GET /health", "GET /openapi.json", "POST /api/v1/login", "GET /login", "POST /login"),
    *("GET /forgot-password", "POST /forgot-password", "GET /reset", "POST /reset", "GET /sw.js", "GET /offline"),
    *("GET /a/{token}", "POST /a/{token}", "GET /calendar/{secret}.ics", "GET /s/{secret}"),
    *("GET /login/oidc", "GET /login/oidc/callback", "POST /login/oidc/logout"),
    *("GET /callbacks/{channel}/{secret}", "POST /callbacks/{channel}/{secret}"),
}
"""The second half asks nobody to log in: what is asked for, or its path, is the secret."""
BODIES: dict[str, Any] = {
    "close": {"outcome": "true"},
    "comment": {"text": "x"},
    "calls": {"to": "x", "result": "reached"},
    "merge": {"into": "a-none"},
    "offer": {"to": "u-none"},
    "practice": {"practice": "drill"},
    "steps": {"step": "on_scene", "key": "stranger-key"},
    "limits": {"name": "heart_rate_high.high_bpm", "value": 140, "reason": "x"},
    "commands": {"name": "locate"},
}
QUANTITY = {"observations": "heart_rate", "buckets": "heart_rate", "waveforms": "acceleration"}


def routes() -> Iterator[tuple[str, str]]:
    """Yield (method, path) of every route there is, pages included."""
    deps = Dependencies(sessions=None, store=None, clock=ManualClock(0))  # type: ignore[arg-type]
    for route in iter_route_contexts(create_app(deps).routes):
        assert route.path is not None
        for method in sorted(route.methods or {"GET"}):
            yield method, route.path


ROUTES = sorted(set(routes()))


def filled(path: str, **ids: str) -> str:
    """Return a path with its parameters filled in."""
    for name, value in ids.items():
        path = path.replace(f"{{{name}}}", value)
    return re.sub(r"\{[a-z_]+(:path)?\}", "x", path)


def test_the_public_routes_are_these_and_no_others() -> None:
    public = {f"{method} {path}" for method, path in ROUTES if is_public(path) and not path.startswith("/static/")}
    assert public - {"HEAD /openapi.json"} == PUBLIC


def test_nobody_gets_nothing(site: Site) -> None:
    tried = 0
    with site.anonymous() as client:
        for method, path in ROUTES:
            if is_public(path) or path.startswith("/static/"):
                continue
            answer = client.request(method, filled(path))
            assert answer.status_code == 401, f"{method} {path}"
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["www-authenticate"] == "Bearer"
            tried += 1
    assert tried > 50


def test_a_path_that_is_not_there_says_no_more_to_nobody(site: Site) -> None:
    with site.anonymous() as client:
        assert client.get("/api/v1/nothing").status_code == 401
        assert client.get("/api/v1/alerts/../../health").status_code in {200, 401}


@pytest.mark.parametrize("token", ["token-nobody", "x", "token-desk,token-admin"])
def test_a_wrong_token_is_nobody(site: Site, token: str) -> None:
    with site.anonymous() as client:
        assert client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_a_token_ends(site: Site) -> None:
    with site.program("desk") as client:
        assert client.get("/api/v1/me").status_code == 200
        site.world.clock.forward(DAY_MS)
        assert client.get("/api/v1/me").status_code == 401


def test_a_bearer_token_is_no_session_and_a_session_no_bearer_token(site: Site) -> None:
    with site.anonymous() as client:
        assert client.get("/api/v1/me", headers={"Cookie": "anhu_session=token-desk"}).status_code == 401
    with site.browser("desk") as client:
        session = client.cookies["anhu_session"]
    with site.anonymous() as client:
        assert client.get("/api/v1/me", headers={"Authorization": f"Bearer {session}"}).status_code == 401


def about_somebody() -> list[tuple[str, str]]:
    named = ("{resident_id}", "{alert_id}", "{device_id}")
    return [(m, p) for m, p in ROUTES if p.startswith("/api/v1/") and any(n in p for n in named) and "users" not in p]


@pytest.mark.parametrize("role", ["desk", "team", "family"])
def test_a_stranger_finds_nothing(site: Site, role: str) -> None:
    foreign_alert = site.world.raise_alert("r-theirs")
    tried = 0
    with site.program(role) as client:
        for method, path in about_somebody():
            last = path.rpartition("/")[2]
            usual = OF_THE_MATRIX.get(f"{method} {path}", {})
            body = BODIES.get(last, usual) if method in {"POST", "PATCH", "PUT"} else None
            params = {"quantity": QUANTITY[last]} if last in QUANTITY else {}
            url = filled(path, resident_id="r-theirs", alert_id=foreign_alert, device_id="watch-theirs")
            answer = client.request(method, url, json=body, params=params)
            assert answer.status_code in {403, 404}, f"{role} {method} {path}: {answer.text}"
            assert "r-theirs" not in answer.text.replace(url, "").replace("no resident 'r-theirs'", "")
            tried += answer.status_code == 404
    assert tried >= 8


@pytest.mark.parametrize("role", ["desk", "team", "family"])
def test_lists_hold_only_what_one_may_see(site: Site, role: str) -> None:
    site.world.raise_alert("r-ours")
    site.world.raise_alert("r-theirs")
    with site.program(role) as client:
        assert [one["id"] for one in client.get("/api/v1/residents").json()["items"]] == ["r-ours"]
        assert [one["resident_id"] for one in client.get("/api/v1/alerts").json()["items"]] == ["r-ours"]
        assert [one["id"] for one in client.get("/api/v1/devices").json()["items"]] == ["watch-ours"]
        assert [one["resident_id"] for one in client.get("/api/v1/latest").json()["items"]] == ["r-ours"]


def test_an_admin_sees_both_sides(site: Site) -> None:
    with site.program("admin") as client:
        assert [one["id"] for one in client.get("/api/v1/residents").json()["items"]] == ["r-ours", "r-theirs"]


def test_a_vendor_sees_own_devices_and_no_health_data(site: Site) -> None:
    alert = site.world.raise_alert("r-ours")
    with site.program("vendor") as client:
        (device,) = client.get("/api/v1/devices").json()["items"]
        assert (device["id"], device["resident_id"], device["assigned"]) == ("watch-ours", "", True)
        assert client.get("/api/v1/devices/watch-theirs").status_code == 404
        assert client.post("/api/v1/devices/watch-theirs/rotate").status_code == 404
        for path in ("residents", "alerts", f"alerts/{alert}", "residents/r-ours", "residents/r-ours/latest", "latest"):
            assert client.get(f"/api/v1/{path}").status_code == 403, path
        assert client.get("/api/v1/alerts/stream").status_code == 403
        assert client.get("/api/v1/devices", params={"resident_id": "r-ours"}).status_code == 403
        refused = client.patch("/api/v1/devices/watch-ours", json={"resident_id": ""})
        assert refused.status_code == 403


def test_family_reads_and_changes_nothing(site: Site) -> None:
    alert = site.world.raise_alert("r-ours")
    with site.program("family") as client:
        resident = client.get("/api/v1/residents/r-ours").json()
        assert (resident["name"], resident["access_note"]) == ("张小三", "")
        assert client.get(f"/api/v1/alerts/{alert}").status_code == 200
        for step in ("acknowledge", "on-the-way", "on-scene"):
            assert client.post(f"/api/v1/alerts/{alert}/{step}").status_code == 403
        assert client.post(f"/api/v1/alerts/{alert}/close", json={"outcome": "true"}).status_code == 403
        assert client.get(f"/api/v1/alerts/{alert}/notifications").status_code == 403
        limit = {"name": "heart_rate_high.high_bpm", "value": 140, "reason": "x"}
        assert client.post("/api/v1/residents/r-ours/limits", json=limit).status_code == 403


@pytest.mark.parametrize("role", ["desk", "team", "family", "vendor"])
def test_only_an_admin_administers(site: Site, role: str) -> None:
    with site.program(role) as client:
        for path in ("users", "contacts", "audit"):
            assert client.get(f"/api/v1/{path}").status_code == 403, path
        assert client.post("/api/v1/residents", json={"name": "x"}).status_code == 403
        assert client.post("/api/v1/centres", json={"name": "x"}).status_code == 403
        assert client.post("/api/v1/teams", json={"name": "x"}).status_code == 403
        new_user = {"login": "evil", "name": "x", "role": "admin"}
        assert client.post("/api/v1/users", json=new_user).status_code == 403
        assert client.patch("/api/v1/users/u-admin", json={"enabled": False}).status_code == 403
        assert client.post("/api/v1/tokens", json={"label": "x", "user_id": "u-admin"}).status_code == 403


@pytest.mark.parametrize(("role", "field"), [("desk", "centre_id"), ("team", "team_id"), ("vendor", "vendor")])
def test_a_user_without_a_home_sees_nobody(site: Site, role: str, field: str) -> None:
    with site.world.sessions.begin() as session:
        setattr(session.get_one(User, f"u-{role}"), field, "" if field == "vendor" else None)
        for device in ("ours", "theirs"):
            session.get_one(Device, f"watch-{device}").vendor = ""
    with site.program(role) as client:
        assert client.get("/api/v1/devices").json()["items"] == []
