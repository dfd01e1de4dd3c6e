"""Products, codes on boxes, whose a device is: what each may do, and what nobody learns of a former wearer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from anhu.contract.clock import HOUR_MS
from anhu.contract.observation import Scalar
from anhu.registry.claim_codes import claim_code, shown_code
from anhu.registry.device_tables import DeviceSeen
from anhu.registry.devices import create_device
from anhu.registry.places import create_place, move_resident
from anhu.registry.roles import Role
from anhu.registry.tables import Device, DeviceNote, Resident, User
from api.security.roles import Viewer
from api.security.visibility import visible_devices
from ingest.store.embedded.query import SqliteStoreQuery
from ingest.store.embedded.writer import SqliteStoreWriter
from ingest.store.port import StoredReading
from tests.api.world import NOW_MS, Site, World, serve

WATCH = "/api/v1/devices/watch-ours"
NEIGHBOUR = "r-neighbour"
VENDORS = ("ours", "theirs", "")


@pytest.fixture
def centre(world: World, store: SqliteStoreQuery) -> Iterator[Site]:
    """Our centre with a second resident, a bed, a free radar with a code, and a desk that somebody leads."""
    with world.sessions.begin() as session:
        session.add(Resident(id=NEIGHBOUR, name="赵六", centre_id="ours", created_at_ms=NOW_MS))
        session.flush()
        room = create_place(session, centre_id="ours", kind="room", name="201")
        create_place(session, centre_id="ours", kind="bed", name="1", parent_id=room.id).id = "p-bed"
        create_device(session, device_id="radar", codec="open_json", now_ms=NOW_MS, vendor="ours", secret="s" * 22)
        session.get_one(User, "u-desk").is_lead = True
    with serve(world, store) as served:
        yield served


def vendor(name: str) -> Viewer:
    return Viewer(user_id="u", login="v", name="v", role=Role.VENDOR, vendor=name)


def code_of(site: Site, device_id: str = "radar") -> str:
    with site.world.sessions.begin() as session:
        return shown_code(claim_code(session, device_id, NOW_MS))


def pass_on(client: httpx.Client, to: str) -> None:
    answer = client.post(f"{WATCH}/bind", json={"resident_id": to})
    assert answer.status_code == 200, answer.text


def values_of(client: httpx.Client, resident_id: str) -> list[float]:
    answer = client.get(f"/api/v1/residents/{resident_id}/observations", params={"quantity": "heart_rate"})
    return [one["value"] for one in answer.json()["points"]]


def test_a_vendor_looks_after_its_own_products_only(centre: Site) -> None:
    with centre.program("vendor") as vendor, centre.program("admin") as admin:
        made = vendor.post("/api/v1/products", json={"id": "x8", "name": "X8", "vendor": "somebody else"}).json()
        assert (made["vendor"], made["has_push_key"]) == ("ours", False)
        assert admin.post("/api/v1/products", json={"id": "y1", "name": "Y1", "vendor": "theirs"}).status_code == 201
        assert [one["id"] for one in vendor.get("/api/v1/products").json()] == ["x8"]
        assert vendor.patch("/api/v1/products/y1", json={"name": "mine"}).status_code == 404
        assert vendor.post("/api/v1/products/y1/key").status_code == 404
        first = vendor.post("/api/v1/products/x8/key").json()["push_key"]
        second = vendor.post("/api/v1/products/x8/key").json()["push_key"]
        assert len(first) > 20
        assert first != second
        assert second not in vendor.get("/api/v1/products").text
        assert vendor.patch("/api/v1/products/x8", json={"codec": "telepathy"}).status_code == 422
        assert vendor.patch("/api/v1/products/x8", json={"enabled": False}).json()["enabled"] is False
        refused = vendor.post("/api/v1/devices", json={"id": "x8-1", "product_id": "x8"})
        assert refused.json()["errors"][0]["field"].endswith("product_id")


def test_a_device_is_what_its_product_says(centre: Site) -> None:
    with centre.program("admin") as admin:
        admin.post("/api/v1/products", json={"id": "x8", "name": "X8", "vendor": "acme", "model": "X8-pro"})
        made = admin.post("/api/v1/devices", json={"id": "x8-1", "product_id": "x8"}).json()
        assert (made["vendor"], made["model"], made["codec"]) == ("acme", "X8-pro", "open_json")
        assert len(made["claim_code"]) == 9


def test_whoever_installs_takes_a_device_into_use_by_the_code_on_its_box(centre: Site) -> None:
    code = code_of(centre)
    with centre.program("desk") as desk, centre.program("team") as team:
        assert desk.get("/api/v1/devices/radar").status_code == 404
        given = {"code": code.lower().replace("-", " "), "resident_id": "r-ours"}
        taken = team.post("/api/v1/claims", json=given)
        assert taken.status_code == 200, taken.text
        assert taken.json()["resident_id"] == "r-ours"
        assert desk.get("/api/v1/devices/radar").status_code == 200
        again = desk.post("/api/v1/claims", json={"code": code, "resident_id": NEIGHBOUR})
        assert again.status_code == 409
        assert "张小三" not in again.text
        assert desk.post("/api/v1/devices/radar/return").status_code == 204
        assert desk.post("/api/v1/claims", json={"code": code, "resident_id": NEIGHBOUR}).status_code == 200


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"code": "22222222", "resident_id": "r-ours"}, 422),
        ({"code": "short", "resident_id": "r-ours"}, 422),
        ({"resident_id": "r-theirs"}, 404),
        ({"place_id": "p-of-another"}, 422),
        ({}, 422),
    ],
)
def test_a_code_opens_nothing_else(centre: Site, given: dict[str, Any], status: int) -> None:
    with centre.program("desk") as desk, centre.program("vendor") as vendor:
        body = {"code": code_of(centre), **given}
        assert desk.post("/api/v1/claims", json=body).status_code == status
        assert vendor.post("/api/v1/claims", json=body).status_code == 403
        with centre.world.sessions() as session:
            assert session.get_one(Device, "radar").resident_id is None


def test_a_radar_at_a_bed_calls_for_who_lies_there(centre: Site) -> None:
    with centre.program("desk") as desk:
        desk.post("/api/v1/claims", json={"code": code_of(centre), "place_id": "p-bed"})
        with centre.world.sessions.begin() as session:
            assert session.get_one(Device, "radar").resident_id is None
            move_resident(session, NEIGHBOUR, "p-bed", now_ms=NOW_MS + 1)
        shown = desk.get("/api/v1/devices/radar").json()
        assert (shown["resident_id"], shown["place"]) == (NEIGHBOUR, "201 1")


def test_a_lead_enrols_for_the_own_centre_only(centre: Site) -> None:
    with centre.program("desk") as lead, centre.program("team") as member:
        path = "/api/v1/devices"
        assert lead.post(path, json={"id": "n-1"}).status_code == 422
        assert lead.post(path, json={"id": "n-1", "resident_id": "r-theirs"}).status_code == 404
        assert lead.post(path, json={"id": "n-1", "resident_id": "r-ours"}).status_code == 201
        assert lead.post("/api/v1/devices/watch-theirs/rotate").status_code == 404
        assert member.post(path, json={"id": "n-2", "resident_id": "r-ours"}).status_code == 403


def test_a_device_behind_an_edge_gateway_is_not_asked_in_vain(centre: Site) -> None:
    with centre.world.sessions.begin() as session:
        create_device(session, device_id="edge-1", codec="anhu_edge", now_ms=NOW_MS)
        create_device(session, device_id="hub-1", codec="zigbee2mqtt", now_ms=NOW_MS)
        for name, gateway in (("w-7", "edge-1"), ("w-8", "hub-1")):
            create_device(session, device_id=name, codec="open_json", parent_id=gateway, now_ms=NOW_MS)
    with centre.program("admin") as admin:
        asked = {"name": "ask_ok"}
        refused = admin.post("/api/v1/devices/w-7/commands", json=asked)
        assert refused.status_code == 422
        assert "no command passes an edge gateway" in refused.text
        assert admin.get("/api/v1/devices/w-7/commands").json() == []
        assert admin.post("/api/v1/devices/w-8/commands", json=asked).status_code == 202


def test_the_new_wearers_family_sees_nothing_of_the_former_one_nor_the_reverse(centre: Site, tmp_path: Path) -> None:
    with centre.program("admin") as admin, centre.program("family") as former, centre.program("desk") as desk:
        centre.world.raise_alert("r-ours", "heart_rate_high")
        asked = {"name": "ask_ok", "arguments": {"text": "张小三"}, "expires_in_s": 86_400}
        assert desk.post(f"{WATCH}/commands", json=asked).status_code == 202
        centre.world.clock.forward(HOUR_MS)
        pass_on(admin, NEIGHBOUR)
        for path in ("latest", "observations?quantity=heart_rate", "events", "buckets?quantity=heart_rate"):
            answer = admin.get(f"/api/v1/residents/{NEIGHBOUR}/{path}")
            assert answer.status_code == 200, answer.text
            assert "watch-ours" not in answer.text, path
        assert admin.get("/api/v1/alerts", params={"resident_id": NEIGHBOUR}).json()["items"] == []
        assert desk.get(f"{WATCH}/commands").json() == [], "what the former wearer was asked"
        assert former.get(WATCH).status_code == 404
        at_ms = centre.world.clock.now_ms()
        writer = SqliteStoreWriter(tmp_path / "store.db")
        writer.write([StoredReading(NEIGHBOUR, "watch-ours", at_ms, (Scalar("heart_rate", 199.0, at_ms),))])
        writer.close()
        numbers = {who: values_of(admin, who) for who in ("r-ours", NEIGHBOUR)}
        assert numbers[NEIGHBOUR] == [199.0]
        assert 199.0 not in numbers["r-ours"]
        assert len(numbers["r-ours"]) > 10


def test_whose_it_was_is_told_to_those_who_see_whom(centre: Site) -> None:
    with centre.program("admin") as admin, centre.program("vendor") as vendor, centre.program("family") as family:
        path = f"{WATCH}/bindings"
        pass_on(admin, "r-theirs")
        centre.world.clock.forward(HOUR_MS)
        pass_on(admin, "r-ours")
        assert [one["resident_name"] for one in admin.get(path).json()] == ["张小三", "李四", "张小三"]
        assert [one["resident_name"] for one in family.get(path).json()] == ["张小三", "张小三"]
        told = vendor.get(path).json()
        assert len(told) == 3
        assert {one["resident_id"] + one["resident_name"] + one["place"] for one in told} == {""}


def test_a_device_that_is_retired_is_shut_out_and_nobodys(centre: Site) -> None:
    with centre.program("admin") as admin, centre.program("vendor") as vendor:
        assert vendor.post(f"{WATCH}/retire").status_code == 403
        assert admin.post(f"{WATCH}/retire").status_code == 204
        shown = admin.get(WATCH).json()
        assert (shown["enabled"], shown["resident_id"]) == (False, "")
        with centre.program("desk") as desk:
            code = code_of(centre, "watch-ours")
            assert desk.post("/api/v1/claims", json={"code": code, "resident_id": "r-ours"}).status_code == 409


def rows(client: httpx.Client, **query: str) -> list[str]:
    answer = client.get("/devices", params=query, headers={"Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return re.findall(r'href="/devices/([\w.:-]+)">\1<', answer.text)


def test_the_list_is_found_filtered_and_sorted(centre: Site) -> None:
    with centre.world.sessions.begin() as session:
        session.get_one(Device, "watch-ours").report_period_s = 60.0
        session.add(DeviceSeen(device_id="watch-ours", seen_ms=NOW_MS - HOUR_MS, battery_percent=12.0))
        session.add(DeviceSeen(device_id="watch-theirs", seen_ms=NOW_MS - 1, battery_percent=90.0))
        session.add(DeviceNote(device_id="radar", kind="protocol", times=3, last="x", at_ms=NOW_MS))
    centre.world.clock.forward(10 * 60_000)
    with centre.browser("admin") as admin, centre.browser("vendor") as vendor, centre.browser("desk") as desk:
        assert rows(admin) == ["radar", "watch-ours", "watch-theirs"]
        assert rows(admin, state="silent") == ["watch-ours"]
        assert rows(admin, state="low_battery") == ["watch-ours"]
        assert rows(admin, state="unbound") == ["radar"]
        assert rows(admin, state="refused") == ["radar"]
        assert rows(admin, order="battery") == ["watch-ours", "watch-theirs", "radar"]
        assert rows(admin, order="seen") == ["radar", "watch-ours", "watch-theirs"]
        assert rows(admin, q="李四") == ["watch-theirs"]
        assert rows(admin, q=code_of(centre)) == ["radar"]
        assert rows(desk) == ["watch-ours"]
        assert rows(vendor) == ["radar", "watch-ours"]
        assert rows(vendor, q="张小三") == []
        assert "张小三" not in vendor.get("/devices").text
        assert "张小三" not in vendor.get("/devices/watch-ours").text


def test_a_sheet_names_products_and_its_result_has_secrets_and_codes_once(centre: Site) -> None:
    sheet = "设备编号,产品,服务对象\nx-1,x8,r-ours\nx-2,X8,\n".encode()
    path = "/api/v1/imports/devices"
    with centre.program("admin") as admin:
        bad = admin.post(path, content=sheet).json()
        assert [(one["row"], one["column"]) for one in bad["faults"]] == [(2, "product"), (3, "product")]
        admin.post("/api/v1/products", json={"id": "x8", "name": "X8", "vendor": "acme", "model": "X8-pro"})
        tried = admin.post(path, content=sheet).json()
        assert (tried["new"], tried["issued"]) == (2, [])
        issued = admin.post(path, content=sheet, params={"tried": tried["sha256"]}).json()["issued"]
        assert [one["device_id"] for one in issued] == ["x-1", "x-2"]
        assert admin.get("/api/v1/devices/x-2").json()["model"] == "X8-pro"
        assert [one["resident_id"] for one in admin.get("/api/v1/devices/x-1/bindings").json()] == ["r-ours"]
        with centre.program("desk") as desk:
            given = {"code": issued[1]["claim_code"], "resident_id": NEIGHBOUR}
            assert desk.post("/api/v1/claims", json=given).json()["id"] == "x-2"


def test_a_vendor_sees_the_devices_of_its_products_also_where_the_device_names_no_vendor(centre: Site) -> None:
    with centre.program("admin") as admin:
        admin.post("/api/v1/products", json={"id": "x8", "name": "X8", "vendor": "ours", "model": "X8-pro"})
    with centre.world.sessions.begin() as session:
        made = create_device(session, device_id="x8-1", now_ms=NOW_MS, product_id="x8")
        assert (made.vendor, made.model, made.codec) == ("ours", "X8-pro", "open_json")
        create_device(session, device_id="x8-old", now_ms=NOW_MS, product_id="x8").vendor = ""
        create_device(session, device_id="x8-sold", now_ms=NOW_MS, product_id="x8", vendor="theirs")
        create_device(session, device_id="plain", codec="open_json", now_ms=NOW_MS)
        vendors = {name: Viewer(user_id="u", login="v", name="v", role=Role.VENDOR, vendor=name) for name in VENDORS}
        seen = {
            name: set(session.scalars(select(Device.id).where(visible_devices(one)))) for name, one in vendors.items()
        }
    assert {"x8-1", "x8-old"} <= seen["ours"]
    assert "x8-sold" not in seen["ours"]
    assert seen["theirs"] & {"x8-1", "x8-old", "x8-sold", "plain"} == {"x8-sold"}
    assert seen[""] == set()
    with centre.browser("vendor") as ours:
        assert ours.get("/devices/x8-old").status_code == 200
        assert "x8-old" in ours.get("/devices").text
