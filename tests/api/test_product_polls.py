"""How a vendor's cloud is asked: entered on the product's page, shown without the secret, told when it is silent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from anhu.contract.polling import TOLD_AFTER_MS
from anhu.registry.product_tables import PollStateRow, Product
from anhu.registry.products import create_product
from ingest.store.embedded.query import SqliteStoreQuery
from tests.api.world import NOW_MS, Site, World, serve

POLL = {"account": "client-1", "secret": "hush-hush", "address": "https://cloud.example/api/", "period_s": 30}
PATH = "/api/v1/products/bands/poll"
PAGE = "/admin/products/bands"


@pytest.fixture
def site(world: World, store: SqliteStoreQuery) -> Iterator[Site]:
    """A product whose cloud is asked, one of another vendor, and one whose codec asks nobody."""
    with world.sessions.begin() as session:
        for name, vendor, codec in (
            ("bands", "ours", "sleepthing"),
            ("foreign", "theirs", "sleepthing"),
            ("plain", "ours", "open_json"),
        ):
            create_product(session, product_id=name, name=name, vendor=vendor, codec=codec, now_ms=NOW_MS)
    with serve(world, store) as served:
        yield served


def answered(site: Site, *, since_ms: int = 0, failure: str = "", device_id: str = "") -> None:
    with site.world.sessions.begin() as session:
        session.merge(
            PollStateRow(
                product_id="bands",
                device_id=device_id,
                answered_at_ms=NOW_MS - 1,
                failing_since_ms=since_ms,
                failure=failure,
                known="",
            )
        )


def test_a_vendor_says_how_its_own_cloud_is_asked_and_the_secret_is_shown_to_nobody(site: Site) -> None:
    with site.program("vendor") as vendor, site.program("admin") as admin:
        made = vendor.put(PATH, json=POLL)
        assert made.status_code == 200, made.text
        poll = made.json()["poll"]
        assert (poll["account"], poll["address"], poll["has_secret"]) == ("client-1", "https://cloud.example/api", True)
        assert vendor.put("/api/v1/products/foreign/poll", json=POLL).status_code == 404
        said = made.text + admin.get("/api/v1/products").text
        assert "hush-hush" not in said
    with site.world.sessions.begin() as session:
        row = session.get_one(Product, "bands")
        assert site.deps.secrets is not None
        assert site.deps.secrets.open(row.poll_secret_sealed, "poll:bands") == "hush-hush"


def test_an_empty_secret_stays_and_an_empty_account_ends_it(site: Site) -> None:
    with site.program("admin") as admin:
        admin.put(PATH, json=POLL)
        answered(site)
        changed = admin.put(PATH, json={"account": "client-2"}).json()["poll"]
        assert (changed["account"], changed["has_secret"]) == ("client-2", True)
        ended = admin.put(PATH, json={"account": ""}).json()["poll"]
        assert (ended["account"], ended["has_secret"], ended["answered_at"]) == ("", False, None)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"account": "a"}, "secret"),
        ({**POLL, "address": "cloud.example"}, "address"),
        ({**POLL, "address": "https://me:secret@cloud.example"}, "address"),
        ({**POLL, "period_s": 3}, "period_s"),
        ({**POLL, "period_s": 86_401}, "period_s"),
    ],
)
def test_what_cannot_be_is_refused_by_name(site: Site, given: dict[str, object], field: str) -> None:
    with site.program("admin") as admin:
        refused = admin.put(PATH, json=given)
        assert refused.status_code == 422
        assert field in refused.text
    with site.world.sessions.begin() as session:
        assert session.get_one(Product, "bands").poll_account == ""


def test_a_codec_whose_cloud_is_not_asked_takes_no_account(site: Site) -> None:
    with site.program("admin") as admin:
        assert admin.put("/api/v1/products/plain/poll", json=POLL).status_code == 422
        plain = next(one for one in admin.get("/api/v1/products").json() if one["id"] == "plain")
        assert plain["poll"] is None


def test_the_page_takes_it_says_how_it_goes_and_keeps_the_secret_to_itself(site: Site) -> None:
    with site.browser("vendor") as vendor:
        refused = vendor.post(f"{PAGE}/poll", data={**POLL, "period_s": "3"})
        assert refused.status_code == 422
        assert "hush-hush" not in refused.text
        assert 'value="client-1"' in refused.text
        saved = vendor.post(f"{PAGE}/poll", data={**POLL, "period_s": "30"})
        assert saved.status_code == 303, saved.text
        answered(site, since_ms=NOW_MS - 60_000, failure="credentials: HTTP 401")
        answered(site, since_ms=NOW_MS - 60_000, failure="credentials: HTTP 401", device_id="band-1")
        page = vendor.get(PAGE).text
        assert "credentials: HTTP 401" in page
        assert "hush-hush" not in page
        assert vendor.post(f"{PAGE}/poll", data={"account": ""}).status_code == 303
        assert "credentials: HTTP 401" not in vendor.get(PAGE).text


def test_a_cloud_that_gives_no_answer_for_ten_minutes_is_told_to_every_desk(site: Site) -> None:
    with site.program("admin") as admin:
        admin.put(PATH, json=POLL)
    with site.browser("desk") as desk:
        answered(site, since_ms=NOW_MS - TOLD_AFTER_MS, failure="busy: HTTP 503")
        assert desk.get("/watch.json").json()["down"] == []
        answered(site, since_ms=NOW_MS - TOLD_AFTER_MS - 1, failure="busy: HTTP 503")
        [told] = desk.get("/watch.json").json()["down"]
        assert "bands" in told["words"]
        answered(site)
        assert desk.get("/watch.json").json()["down"] == []
