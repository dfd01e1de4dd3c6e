"""The delivery log: a vendor sees its own devices' messages by the hour, nobody else's, and never who wears one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from anhu.contract.clock import HOUR_MS
from anhu.registry.product_tables import Product
from anhu.registry.tables import Device, Resident
from ingest.deadletters import DeadLetters
from ingest.delivered import Deliveries
from ingest.deliveries import DeliveryBook
from ingest.store.port import StoreQuery
from tests.api.test_api_refusals import REASON, letter
from tests.api.world import NOW_MS, Site, World, serve

HOUR = NOW_MS - NOW_MS % HOUR_MS
PATHS = ("/api/v1/deliveries", "/deliveries", "/api/v1/refusals", "/refusals")


@pytest.fixture
def served(world: World, store: StoreQuery, tmp_path: Path) -> Iterator[Site]:
    letters, book = DeadLetters(tmp_path / "letters.db", world.clock), DeliveryBook(tmp_path / "deliveries.db")
    letters.put([letter("watch-ours", 1), letter("watch-theirs", 2, resident_id="r-theirs")])
    book.add(
        [
            Deliveries("watch-ours", HOUR, 7, 2, 1),
            Deliveries("watch-ours", HOUR - HOUR_MS, 3),
            Deliveries("watch-ours", HOUR - 30 * HOUR_MS, 99),
            Deliveries("watch-theirs", HOUR, 50, 0, 60),
        ],
        NOW_MS,
    )
    with world.sessions.begin() as session:
        session.add(Product(id="theirs", name="Theirs", vendor="Other", codec="open_json", created_at_ms=NOW_MS))
        session.get_one(Device, "watch-theirs").product_id = "theirs"
    with serve(world, store, letters=letters, deliveries=book) as site:
        yield site
    letters.close()
    book.close()


def test_a_vendor_sees_its_own_devices_by_the_hour_with_the_reason(served: Site) -> None:
    with served.program("vendor") as vendor:
        log = vendor.get("/api/v1/deliveries").json()
    (mine,) = (one for one in log["items"] if one["device_id"] == "watch-ours")
    assert (mine["accepted"], mine["partly"], mine["refused"]) == (10, 2, 1)
    assert [one["accepted"] for one in mine["hours"]] == [3, 7]
    assert mine["last_reason"] == REASON
    assert log["items"][0] is mine
    assert [one["accepted"] for one in log["hours"]] == [0] * 22 + [3, 7]
    assert "watch-theirs" not in str(log)


@pytest.mark.parametrize("asked", [{"product_id": "theirs"}, {"device_id": "watch-theirs"}])
def test_another_vendors_product_or_device_gives_nothing(served: Site, asked: dict[str, str]) -> None:
    with served.program("vendor") as vendor:
        for path in PATHS[:2]:
            answer = vendor.get(path, params=asked)
            assert answer.status_code == 200
            assert "50" not in answer.text.partition("<main")[2]
        log = vendor.get(PATHS[0], params=asked).json()
    assert (log["items"], log["devices"]) == ([], 0)
    assert not any(one["accepted"] or one["refused"] for one in log["hours"])
    with served.program("admin") as admin:
        assert admin.get(PATHS[0], params=asked).json()["items"][0]["refused"] == 60


@pytest.mark.parametrize("path", [*PATHS, "/devices", "/devices/watch-ours", "/admin/products"])
def test_no_page_of_a_vendor_says_who_wears_a_device(served: Site, path: str) -> None:
    with served.world.sessions.begin() as session:
        said = [word for row in session.query(Resident) for word in (row.id, row.name, row.address) if word]
    with served.program("vendor") as vendor:
        answer = vendor.get(path)
    assert answer.status_code == 200, answer.text
    assert said
    assert [word for word in said if word in answer.text] == []


def test_families_see_none(served: Site) -> None:
    with served.program("family") as client:
        assert [client.get(path).status_code for path in PATHS[:2]] == [403, 403]


def test_reading_it_is_on_record(served: Site) -> None:
    with served.program("vendor") as vendor, served.program("admin") as admin:
        vendor.get(PATHS[0], params={"product_id": "theirs"})
        rows = admin.get("/api/v1/audit", params={"action": "delivery.list"}).json()["items"]
    assert [row["object_id"] for row in rows] == ["theirs"]
