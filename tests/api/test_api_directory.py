"""Residents, devices, users and the rest of the directory, over HTTP: what a script sets up without a browser."""

from __future__ import annotations

import hashlib

import pytest

from alerts.roster import load_roster
from anhu.registry.secret_vault import SecretVault
from anhu.registry.tables import Contact, Counter, Device, DeviceCommand, Token
from ingest.store.embedded.query import SqliteStoreQuery
from tests.api.world import NOW_MS, PASSWORD, Site, World, serve


def version(site: Site) -> int:
    with site.world.sessions() as session:
        return session.get_one(Counter, "directory").value


def test_a_centre_is_set_up_by_a_script(site: Site) -> None:
    with site.program("admin") as admin:

        def post(path: str, body: dict[str, object]) -> dict[str, str]:
            answer = admin.post(f"/api/v1/{path}", json=body)
            assert answer.status_code == 201, answer.text
            made: dict[str, str] = answer.json()
            return made

        centre = post("centres", {"id": "lotus", "name": "莲花社区服务中心", "region_code": "330106"})
        team = post("teams", {"name": "李医生团队", "centre_id": centre["id"]})
        resident = post("residents", {"name": "王秀英", "centre_id": "lotus", "team_id": team["id"], "flags": ["copd"]})
        device = post("devices", {"id": "imei-1", "resident_id": resident["id"], "alarms": ["sos"], "vendor": "kati"})
        user = post(
            "users", {"login": "lotus", "name": "desk", "role": "desk", "centre_id": "lotus", "password": PASSWORD}
        )
        contact = post(
            "contacts",
            {"owner_kind": "team", "owner_id": team["id"], "channel": "webhook", "address": "https://x.example/"},
        )
        with site.browser("admin") as somebody:  # a token makes no tokens
            made = somebody.post("/api/v1/tokens", json={"label": "report", "user_id": user["id"]})
            assert made.status_code == 201, made.text
            token = made.json()
        shown = admin.get(f"/api/v1/residents/{resident['id']}").json()
        assert (shown["centre_name"], shown["team_name"]) == ("莲花社区服务中心", "李医生团队")
        assert shown["flags"] == ["copd"]
        listed = admin.get("/api/v1/contacts").json()
        assert [one["id"] for one in listed] == [contact["id"]]
        assert contact["secret"] not in admin.get("/api/v1/contacts").text
    with site.anonymous() as client:
        client.headers["Authorization"] = f"Bearer {token['token']}"
        assert [one["id"] for one in client.get("/api/v1/residents").json()["items"]] == [resident["id"]]
        assert [one["id"] for one in client.get("/api/v1/devices").json()["items"]] == ["imei-1"]
        assert client.post("/api/v1/login", json={"login": "lotus", "password": PASSWORD}).status_code == 200
    with site.world.sessions() as session:
        assert session.get_one(Device, "imei-1").secret_sha256 == hashlib.sha256(device["secret"].encode()).digest()
        assert session.get_one(Contact, contact["id"]).min_priority == 1


def test_what_is_there_is_not_made_twice(site: Site) -> None:
    with site.program("admin") as admin:
        for path, body in (
            ("centres", {"id": "ours", "name": "x"}),
            ("teams", {"id": "ours", "name": "x"}),
            ("residents", {"id": "r-ours", "name": "x"}),
            ("devices", {"id": "watch-ours"}),
            ("users", {"login": "desk", "name": "x", "role": "desk"}),
        ):
            answer = admin.post(f"/api/v1/{path}", json=body)
            assert (answer.status_code, answer.headers["content-type"]) == (409, "application/problem+json"), path


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("residents", {}, "body.name"),
        ("residents", {"name": "x", "id": "no spaces"}, "body.id"),
        ("residents", {"name": "x", "national_id": "330106194105020021"}, "body.national_id"),
        ("residents", {"name": "x", "birth_date": "02/05/1941"}, "birth_date"),
        ("devices", {"id": "d/+#"}, "body.id"),
        ("devices", {"id": "d", "codec": "telepathy"}, "codec"),
        ("contacts", {"owner_kind": "team", "owner_id": "ours", "channel": "pigeon", "address": "x"}, "channel"),
        ("users", {"login": "x y", "name": "x", "role": "desk"}, "login"),
        ("users", {"login": "xy", "name": "x", "role": "god"}, "body.role"),
        ("tokens", {"label": "x", "days": 0}, "body.days"),
        ("residents/r-ours/limits", {"name": "heart_rate_high.nonsense", "value": 1, "reason": "x"}, "name"),
        ("residents/r-ours/limits", {"name": "heart_rate_high.high_bpm", "value": 999, "reason": "x"}, "value"),
        ("devices/watch-ours/commands", {"name": "explode"}, "body.name"),
    ],
)
def test_a_refused_body_names_the_field(site: Site, path: str, body: dict[str, object], field: str) -> None:
    with site.program("admin") as admin:
        answer = admin.post(f"/api/v1/{path}", json=body)
        assert answer.status_code == 422, answer.text
        assert [one["field"] for one in answer.json()["errors"]] == [field]


def test_broken_json_is_a_problem_too(site: Site) -> None:
    with site.program("admin") as admin:
        answer = admin.post("/api/v1/centres", content=b"{", headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
        answer = admin.put("/api/v1/centres")
        assert (answer.status_code, answer.headers["content-type"]) == (405, "application/problem+json")
        answer = admin.get("/api/v1/nothing")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
        answer = admin.post("/api/v1/centres", content=b" " * 1_048_577)
        assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")


def test_a_resident_changes_only_where_asked(site: Site) -> None:
    with site.program("admin") as admin:
        before = admin.get("/api/v1/residents/r-ours").json()
        before_version = version(site)
        changed = admin.patch(
            "/api/v1/residents/r-ours", json={"phone": "13900000000", "flags": ["copd"], "team_id": ""}
        )
        assert changed.json()["revision"] > before["revision"]
        expected = before | {
            "phone": "+8613900000000",
            "revision": changed.json()["revision"],
            "flags": ["copd"],
            "team_id": "",
            "team_name": "",
        }
        assert changed.json() == expected
        assert version(site) > before_version, "the engine reads the flags again"
        page = admin.get("/api/v1/audit", params={"resident_id": "r-ours", "limit": 1}).json()["items"][0]
        assert (page["action"], page["detail"]["fields"]) == ("resident.change", ["flags", "phone", "team_id"])


def test_a_limit_is_set_by_a_doctor_and_ends(site: Site) -> None:
    body = {"name": "heart_rate_high.high_bpm", "value": 150, "reason": "AF, rate-controlled", "days": 30}
    with site.program("team") as team, site.program("desk") as desk:
        assert desk.post("/api/v1/residents/r-ours/limits", json=body).status_code == 403
        limit = team.post("/api/v1/residents/r-ours/limits", json=body).json()
        assert (limit["set_by"], limit["set_by_name"], limit["until"]) == (
            "u-team",
            "the team",
            "2026-12-23T04:00:00.000Z",
        )
        assert desk.get("/api/v1/residents/r-ours/limits").json() == [limit]
        assert team.delete(f"/api/v1/residents/r-ours/limits/{limit['id']}x").status_code == 404
        assert team.delete(f"/api/v1/residents/r-ours/limits/{limit['id']}").status_code == 204
        assert desk.get("/api/v1/residents/r-ours/limits").json() == []


def test_a_vendor_connects_a_device_and_never_sees_its_secret_again(site: Site) -> None:
    with site.program("vendor") as vendor:
        made = vendor.post("/api/v1/devices", json={"id": "radar-1", "vendor": "somebody else"}).json()
        assert made["vendor"] == "ours"
        assert made["secret"] not in vendor.get("/api/v1/devices/radar-1").text
        assert vendor.post("/api/v1/devices", json={"id": "radar-2", "resident_id": "r-ours"}).status_code == 403
        fresh = vendor.post("/api/v1/devices/radar-1/rotate").json()["secret"]
        assert fresh != made["secret"]
        assert vendor.post("/api/v1/devices/radar-1/revoke").json()["enabled"] is False
        assert vendor.post("/api/v1/devices/radar-1/enable").json()["enabled"] is True
    with site.world.sessions() as session:
        assert session.get_one(Device, "radar-1").secret_sha256 == hashlib.sha256(fresh.encode()).digest()


def test_a_family_that_signs_gets_a_secret_that_can_be_read_again(world: World, store: SqliteStoreQuery) -> None:
    with serve(world, store, signing=frozenset({"huawei_iotda"})) as site, site.program("vendor") as vendor:
        made = vendor.post("/api/v1/devices", json={"id": "hw-1", "codec": "huawei_iotda"}).json()
        fresh = vendor.post("/api/v1/devices/hw-1/rotate").json()["secret"]
        assert fresh != made["secret"]
        plain = vendor.post("/api/v1/devices", json={"id": "w-9"}).json()["secret"]
    with world.sessions() as session:
        row = session.get_one(Device, "hw-1")
        assert row.secret_sha256 == b""
        assert SecretVault(bytes(32)).open(row.secret_sealed, "device:hw-1") == fresh
        other = session.get_one(Device, "w-9")
        assert (other.secret_sealed, other.secret_sha256) == (b"", hashlib.sha256(plain.encode()).digest())


def test_where_a_broker_or_tls_must_read_it_a_new_secret_is_kept_beside_its_digest(
    world: World, store: SqliteStoreQuery
) -> None:
    with serve(world, store, keeps_secrets=True) as site, site.program("vendor") as vendor:
        first = vendor.post("/api/v1/devices", json={"id": "w-9"}).json()["secret"]
        with world.sessions() as session:
            assert SecretVault(bytes(32)).open(session.get_one(Device, "w-9").secret_sealed, "device:w-9") == first
        fresh = vendor.post("/api/v1/devices/w-9/rotate").json()["secret"]
    with world.sessions() as session:
        row = session.get_one(Device, "w-9")
        assert SecretVault(bytes(32)).open(row.secret_sealed, "device:w-9") == fresh != first
        assert row.secret_sha256 == hashlib.sha256(fresh.encode()).digest()


def test_a_sensor_behind_a_gateway_has_no_secret(site: Site) -> None:
    with site.program("admin") as admin:
        body = {"id": "watch-ours:smoke", "parent_id": "watch-ours", "child_name": "smoke", "resident_id": "r-ours"}
        assert admin.post("/api/v1/devices", json=body).json()["secret"] == ""
        moved = admin.patch("/api/v1/devices/watch-ours:smoke", json={"resident_id": "r-theirs", "room": "kitchen"})
        assert (moved.json()["resident_id"], moved.json()["room"]) == ("r-theirs", "kitchen")
        alone = admin.patch("/api/v1/devices/watch-ours:smoke", json={"resident_id": ""}).json()
        assert alone["resident_id"] == "r-ours", "a sensor of nobody belongs to its gateway's resident"


def test_a_command_waits_for_the_device(site: Site) -> None:
    with site.program("desk") as desk:
        asked = desk.post("/api/v1/devices/watch-ours/commands", json={"name": "ask_ok", "arguments": {"seconds": 30}})
        assert asked.status_code == 202
        assert desk.get("/api/v1/devices/watch-ours/commands").json() == [asked.json()]
    with site.world.sessions() as session:
        row = session.query(DeviceCommand).one()
        assert (row.name, row.arguments, row.expires_at_ms) == ("ask_ok", {"seconds": 30}, NOW_MS + 300_000)


def test_a_new_password_ends_sessions_and_a_family_link_ends_sight(site: Site) -> None:
    with site.program("admin") as admin, site.browser("family") as family:
        assert family.get("/api/v1/residents/r-ours").status_code == 200
        assert admin.delete("/api/v1/users/u-family/residents/r-ours").status_code == 204
        assert family.get("/api/v1/residents/r-ours").status_code == 404
        linked = admin.post("/api/v1/users/u-family/residents", json={"resident_id": "r-theirs", "rank": 2})
        assert linked.json()["residents"] == ["r-theirs"]
        assert family.get("/api/v1/residents/r-theirs").status_code == 200
        assert admin.post("/api/v1/users/u-desk/residents", json={"resident_id": "r-ours"}).status_code == 409
        assert admin.patch("/api/v1/users/u-family", json={"password": "another-horse-2"}).status_code == 200
        assert family.get("/api/v1/me").status_code == 401
        assert admin.patch("/api/v1/users/u-admin", json={"enabled": False}).status_code == 409


def test_tokens_are_ones_own(site: Site) -> None:
    with site.browser("desk") as desk, site.browser("team") as team:
        made = desk.post("/api/v1/tokens", json={"label": "mine"}).json()
        assert made["token"] not in desk.get("/api/v1/tokens").text
        assert {one["user_id"] for one in desk.get("/api/v1/tokens").json()} == {"u-desk"}
        assert team.delete(f"/api/v1/tokens/{made['id']}").status_code == 404
        assert desk.delete(f"/api/v1/tokens/{made['id']}").status_code == 204
        with site.anonymous() as nobody:
            assert nobody.get("/api/v1/me", headers={"Authorization": f"Bearer {made['token']}"}).status_code == 401
    with site.world.sessions() as session:
        assert all(made["token"].encode() not in row.sha256 for row in session.query(Token))


def test_long_lists_come_in_pages(site: Site) -> None:
    with site.program("admin") as admin:
        for number in range(5):
            admin.post("/api/v1/residents", json={"id": f"r-{number}", "name": f"王{number}", "centre_id": "ours"})
        for path, key in (
            ("residents", "id"),
            ("users", "id"),
            ("devices", "id"),
            ("latest", "resident_id"),
            ("audit", "id"),
        ):
            seen, cursor = [], ""
            while cursor is not None:
                page = admin.get(f"/api/v1/{path}", params={"limit": 2, "cursor": cursor}).json()
                seen += [one[key] for one in page["items"]]
                cursor = page["next_cursor"]
                assert len(seen) < 100
            assert len(set(seen)) == len(seen)
            assert sorted(seen, reverse=path == "audit") == seen
        found = admin.get("/api/v1/residents", params={"name": "王", "centre_id": "ours"}).json()["items"]
        assert [one["id"] for one in found] == [f"r-{number}" for number in range(5)]
        assert admin.get("/api/v1/residents", params={"name": "%"}).json()["items"] == []


def test_a_place_has_a_time_zone_and_an_unknown_one_is_refused_by_name(site: Site) -> None:
    with site.program("admin") as admin:
        centre = {"id": "west", "name": "乌鲁木齐", "time_zone": "Asia/Urumqi"}
        assert admin.post("/api/v1/centres", json=centre).json()["time_zone"] == "Asia/Urumqi"
        made = admin.post("/api/v1/residents", json={"name": "王秀英", "centre_id": "west"}).json()
        device = {"id": "imei-9", "resident_id": made["id"], "room": "主卫"}
        assert admin.post("/api/v1/devices", json=device).json()["room_means"] == "bathroom"
        assert _zone(site, "imei-9") == "Asia/Urumqi"
        before = version(site)
        changed = admin.patch("/api/v1/centres/west", json={"time_zone": "Asia/Shanghai"})
        assert (changed.status_code, changed.json()["time_zone"]) == (200, "Asia/Shanghai")
        assert version(site) > before
        assert _zone(site, "imei-9") == "Asia/Shanghai"
        own = f"/api/v1/residents/{made['id']}"
        assert admin.patch(own, json={"time_zone": "Europe/Berlin"}).json()["time_zone"] == "Europe/Berlin"
        assert _zone(site, "imei-9") == "Europe/Berlin"
        assert admin.patch("/api/v1/centres/nowhere", json={"time_zone": "UTC"}).status_code == 404
        for wrong in ("Berlin", "UTC+8", "../etc/passwd", "Asia", "Asia/Shanghai\u0000"):
            for answer in (
                admin.patch(own, json={"time_zone": wrong}),
                admin.patch("/api/v1/centres/west", json={"time_zone": wrong}),
                admin.post("/api/v1/centres", json={"name": "x", "time_zone": wrong}),
                admin.post("/api/v1/residents", json={"name": "x", "time_zone": wrong}),
            ):
                assert answer.status_code == 422, (wrong, answer.text)
                assert "time_zone" in answer.text
    with site.program("desk") as desk:
        assert desk.patch("/api/v1/centres/west", json={"time_zone": "UTC"}).status_code == 403


def _zone(site: Site, device_id: str) -> str:
    with site.world.sessions() as session:
        _, roster = load_roster(session, since_version=0, checked_at_ms=0, now_ms=NOW_MS, time_zone="Asia/Tokyo")
    (found,) = [one.profile.time_zone for one in roster if one.device_id == device_id]
    return found
