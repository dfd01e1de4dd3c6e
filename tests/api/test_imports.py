"""Imports by the API: tried, written all or not at all, harmless when sent twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from anhu.registry.devices import secret_digest
from anhu.registry.people_tables import CareRecord, ResidentIdentity
from anhu.registry.tables import Audit, Device, FamilyLink, Resident, User
from ingest.store.embedded.query import SqliteStoreQuery
from tests.api.world import Site, World, serve

HEADS = "姓名,身份证号,外部编号,电话,服务中心,独居,用药,家属1姓名,家属1电话,家属1关系\n"
GOOD = (
    HEADS
    + "王秀英,11010519491231002X,,13800138001,centre ours,是,华法林 2.5mg,李娜,13900139001,daughter\n"
    + "李建国,,E-2,13800138002,ours,否,,李娜,13900139001,daughter\n"
)
RESIDENTS = "/api/v1/imports/residents"


@pytest.fixture
def people(either_world: World, store: SqliteStoreQuery) -> Iterator[Site]:
    with serve(either_world, store) as served:
        yield served


@pytest.fixture
def admin(people: Site) -> Iterator[httpx.Client]:
    with people.program("admin") as client:
        yield client


def sent(client: httpx.Client, text: str, path: str = RESIDENTS, **query: str) -> dict[str, Any]:
    answer = client.post(path, content=text.encode(), params=query)
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    return report


def count(site: Site, table: type[Any]) -> int:
    with site.world.sessions() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_sheet_is_tried_then_written_then_unchanged(people: Site, admin: httpx.Client) -> None:
    before = count(people, Resident)
    trial = sent(admin, GOOD)
    assert (trial["new"], trial["faulty"], trial["written"], count(people, Resident)) == (2, 0, False, before)
    written = sent(admin, GOOD, tried=trial["sha256"])
    assert (written["new"], written["written"], count(people, Resident)) == (2, True, before + 2)
    with people.world.sessions() as session:
        row = session.scalars(select(Resident).where(Resident.name == "王秀英")).one()
        assert (row.birth_date, row.sex, row.phone, row.centre_id) == ("1949-12-31", "female", "+8613800138001", "ours")
        assert row.flags == ["lives_alone"]
        assert session.get_one(CareRecord, row.id).medicines == [{"name": "华法林", "dose": "2.5mg", "dangerous": True}]
        assert session.scalars(select(ResidentIdentity.last_four)).all() == ["002X"]
        relative = session.scalars(select(User).where(User.name == "李娜")).one()
        assert session.scalar(select(func.count()).where(FamilyLink.user_id == relative.id)) == 2
        assert session.scalar(select(func.count()).where(Audit.action == "resident.create")) == 2
    again = sent(admin, GOOD)
    assert (again["new"], again["changed"], again["unchanged"]) == (0, 0, 2)
    found = admin.get("/api/v1/residents", params={"name": "王秀英"}).json()["items"][0]
    assert admin.get(f"/api/v1/residents/{found['id']}/record").json()["family"][0]["phone"] == "139 0013 9001"


def test_while_one_row_is_faulty_nothing_is_written(people: Site, admin: httpx.Client) -> None:
    before = [count(people, table) for table in (Resident, User, Audit)]
    bad = GOOD + "坏,110105194912310021,,,ours,,,,,\n重复,11010519491231002X,,,ours,,,,,\n无,,E-9,,nowhere,,,,,\n"
    trial = sent(admin, bad, language="en")
    assert trial["faulty"] == 3
    assert [one["row"] for one in trial["faults"]] == [4, 5, 6]
    assert sent(admin, bad, tried=trial["sha256"])["written"] is False
    assert [count(people, table) for table in (Resident, User, Audit)] == before
    file = admin.post(f"{RESIDENTS}/faults", content=bad.encode(), params={"language": "zh-CN"})
    assert "attachment" in file.headers["content-disposition"]
    lines = file.content.decode("utf-8-sig").splitlines()
    assert lines[0].endswith(",错误")
    assert [line.split(",")[0] for line in lines[1:]] == ["坏", "重复", "无"]


def test_another_file_than_was_tried_is_not_written(people: Site, admin: httpx.Client) -> None:
    trial = sent(admin, GOOD)
    other = admin.post(RESIDENTS, content=GOOD.replace("王秀英", "王秀").encode(), params={"tried": trial["sha256"]})
    assert other.status_code == 409
    assert count(people, ResidentIdentity) == 0


def test_a_row_changes_what_it_says_and_leaves_the_rest(people: Site, admin: httpx.Client) -> None:
    sent(admin, GOOD, tried=sent(admin, GOOD)["sha256"])
    admin.patch(
        "/api/v1/residents/" + admin.get("/api/v1/residents", params={"name": "李建国"}).json()["items"][0]["id"],
        json={"access_note": "钥匙在 201", "flags": ["copd"]},
    )
    change = "姓名,外部编号,服务中心,地址,独居\n李建国,E-2,ours,幸福里 8 号楼,是\n"
    trial = sent(admin, change)
    assert (trial["new"], trial["changed"]) == (0, 1)
    sent(admin, change, tried=trial["sha256"])
    found = admin.get("/api/v1/residents", params={"name": "李建国"}).json()["items"][0]
    assert (found["address"], found["access_note"], found["phone"]) == ("幸福里 8 号楼", "钥匙在 201", "+8613800138002")
    assert (found["flags"], found["revision"]) == (["copd", "lives_alone"], 3)
    with people.world.sessions() as session:
        detail = session.scalars(
            select(Audit.detail).where(Audit.action == "resident.change").order_by(Audit.id.desc())
        ).first()
        assert detail == {"fields": ["address", "flags"], "revision": 3, "import": True}


def test_a_number_of_two_residents_is_an_error_and_no_merging(admin: httpx.Client) -> None:
    sent(admin, GOOD, tried=sent(admin, GOOD)["sha256"])
    crossed = "姓名,身份证号,外部编号,服务中心\n谁,11010519491231002X,E-2,ours\n"
    assert sent(admin, crossed)["faults"][0]["column"] == "external_number"
    other = "姓名,外部编号,服务中心,家属1姓名,家属1电话\n李建国,E-2,ours,张三,13900139001\n"
    assert sent(admin, other)["faults"][0]["column"] == "family"


def test_devices_come_with_a_secret_once(people: Site, admin: httpx.Client) -> None:
    sent(admin, GOOD, tried=sent(admin, GOOD)["sha256"])
    sheet = (
        "设备编号,服务对象,厂商,求助类型\n860001,11010519491231002X,Kati,sos；fall\n860002,E-2,Kati,sos\n860003,,,\n"
    )
    path = "/api/v1/imports/devices"
    trial = sent(admin, sheet, path)
    assert (trial["new"], trial["issued"]) == (3, [])
    written = sent(admin, sheet, path, tried=trial["sha256"])
    secrets = {one["device_id"]: one["secret"] for one in written["issued"]}
    with people.world.sessions() as session:
        row = session.get_one(Device, "860001")
        assert row.secret_sha256 == secret_digest(secrets["860001"])
        assert (row.alarms, row.vendor) == (["sos", "fall"], "Kati")
        assert session.get_one(Resident, str(row.resident_id)).name == "王秀英"
        assert session.get_one(Device, "860003").resident_id is None
        assert session.get_one(Device, "watch-ours").version < row.version
    again = sent(admin, sheet, path)
    assert (again["new"], again["unchanged"]) == (0, 3)
    moved = sheet.replace("860002,E-2", "860002,11010519491231002X")
    assert sent(admin, moved, path)["faults"][0]["column"] == "resident"
    wrong = "设备编号,服务对象,编解码器\n860009,nobody,open_json\n860010,,none\n860001:x,,\n"
    assert {one["column"] for one in sent(admin, wrong, path)["faults"]} >= {"codec", "device_id"}


def test_only_an_administrator_sends_a_sheet_and_no_larger_one_than_may_be(people: Site, admin: httpx.Client) -> None:
    with people.program("desk") as desk:
        assert desk.post(RESIDENTS, content=b"x").status_code == 403
    assert admin.post(RESIDENTS, content=b"x" * (33 * 2**20)).status_code == 413
    assert admin.post(RESIDENTS, content=b"").status_code == 422
    assert admin.post("/api/v1/residents", content=b"x" * 70_000).status_code == 413


def test_an_export_is_on_record_and_runs_nowhere(people: Site, admin: httpx.Client) -> None:
    admin.patch("/api/v1/residents/r-ours", json={"name": "=HYPERLINK(1)"})
    answer = admin.get("/api/v1/imports/residents.csv")
    text = answer.content.decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in text
    assert "key at 502" in text
    with people.world.sessions() as session:
        last = session.scalars(select(Audit).where(Audit.action == "resident.export")).one()
        assert last.detail == {"count": 2}
    for form in ("csv", "xlsx"):
        template = admin.get(f"{RESIDENTS}/template.{form}", params={"language": "zh-CN"})
        assert template.status_code == 200
        assert admin.post(RESIDENTS, content=template.content).json()["rows"] == 0
