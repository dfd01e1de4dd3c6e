"""Refused messages, for the vendor who sent them and the centre whose residents they are of: never for others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from anhu.registry.devices import assign_device
from ingest.deadletters import DeadLetters
from ingest.letter import DeadLetter, Stage
from ingest.store.port import StoreQuery
from tests.api.world import NOW_MS, Site, World, serve

PAYLOAD = b'\x1b[2J{"v":1,"values":{"spo2":NaN}}\x00\xff\xe2\x80\xae'
REASON = "values.spo2: got nan, expected a finite number"


def letter(device_id: str, n: int = 0, *, reason: str = REASON, resident_id: str = "r-ours") -> DeadLetter:
    return DeadLetter(
        stage=Stage.DECODE,
        device_id=device_id,
        resident_id=resident_id,
        received_at_ms=NOW_MS + n,
        reason=reason,
        payload=PAYLOAD,
        door="mqtt",
        route="anhu/v1/\x1b[31m/up",
        codec="open_json",
    )


@pytest.fixture
def letters(tmp_path: Path, world: World) -> Iterator[DeadLetters]:
    made = DeadLetters(tmp_path / "letters.db", world.clock)
    yield made
    made.close()


@pytest.fixture
def served(world: World, store: StoreQuery, letters: DeadLetters) -> Iterator[Site]:
    letters.put(
        [
            letter("watch-ours", 1),
            letter("watch-ours", 2, reason="needs mapping: alarm_state=preparing"),
            letter("watch-ours", 3, reason="needs mapping: alarm_state=preparing"),
            letter("watch-theirs", 4, resident_id="r-theirs"),
            letter("stranger", 5, resident_id=""),
        ]
    )
    with serve(world, store, letters=letters) as site:
        yield site


def seen(site: Site, role: str, **params: str | int) -> list[str]:
    with site.program(role) as client:
        answer = client.get("/api/v1/refusals", params=params)
        assert answer.status_code == 200, answer.text
        return [one["device_id"] for one in answer.json()["items"]]


@pytest.mark.parametrize("role", ["vendor", "desk", "team"])
def test_one_sees_what_was_refused_of_ones_own_devices_only(served: Site, role: str) -> None:
    assert seen(served, role) == ["watch-ours"] * 3
    assert seen(served, role, device_id="watch-theirs") == []
    assert seen(served, role, device_id="stranger") == []


def test_an_admin_sees_what_strangers_sent_too(served: Site) -> None:
    assert seen(served, "admin") == ["stranger", "watch-theirs", "watch-ours", "watch-ours", "watch-ours"]


def test_families_and_nobody_see_none(served: Site) -> None:
    with served.program("family") as client:
        for path in ("/api/v1/refusals", "/api/v1/refusals/mapping", "/refusals"):
            assert client.get(path).status_code == 403
    with served.anonymous() as client:
        assert client.get("/api/v1/refusals").status_code == 401


def test_reason_time_and_beginning_are_told_and_nothing_in_them_does_anything(served: Site) -> None:
    with served.program("vendor") as client:
        newest, *_, one = client.get("/api/v1/refusals").json()["items"]
    assert (one["field"], one["reason"], one["codec"], one["door"]) == ("values.spo2", REASON, "open_json", "mqtt")
    assert one["received_at"].startswith("2026-11-23T04:00:00.001")
    assert newest["reason"].startswith("needs mapping")
    assert one["payload_bytes"] == len(PAYLOAD)
    assert one["payload"].startswith('\\x1b[2J{"v":1,')
    assert one["route"] == "anhu/v1/\\x1b[31m/up"
    for text in one.values():
        assert str(text).isprintable()


def test_the_pages_of_the_list_do_not_overlap(served: Site) -> None:
    with served.program("vendor") as client:
        first = client.get("/api/v1/refusals", params={"limit": 2}).json()
        rest = client.get("/api/v1/refusals", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    ids = [one["id"] for one in (*first["items"], *rest["items"])]
    assert ids == sorted(set(ids), reverse=True)
    assert (len(ids), rest["next_cursor"]) == (3, None)


def test_what_needs_mapping_comes_first_where_it_is_most_frequent(served: Site) -> None:
    with served.program("vendor") as client:
        (most, other) = client.get("/api/v1/refusals/mapping").json()
    assert (most["reason"], most["count"]) == ("needs mapping: alarm_state=preparing", 2)
    assert (other["reason"], other["count"]) == (REASON, 1)


def test_what_a_device_sent_of_another_resident_stays_that_ones(served: Site, letters: DeadLetters) -> None:
    with served.world.sessions.begin() as session:
        assign_device(session, "watch-theirs", "r-ours", now_ms=NOW_MS)
    letters.put([letter("watch-theirs", 9)])
    assert seen(served, "desk", device_id="watch-theirs") == ["watch-theirs"]
    assert seen(served, "desk").count("watch-theirs") == 1


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_page_shows_them_to_the_vendor_and_links_to_it(served: Site, language: str) -> None:
    with served.browser("vendor") as client:
        client.headers["Accept-Language"] = language
        page = client.get("/refusals").text
        assert "watch-ours" in page
        assert "needs mapping: alarm_state=preparing" in page
        assert "watch-theirs" not in page
        assert "\x1b" not in page
        assert 'href="/refusals"' in client.get("/devices").text


@pytest.mark.parametrize(
    "change",
    [
        {"alarms": []}, {"alarms": ["sos"]}, {"child_name": "x"}, {"enabled": False},
    ],
)  # fmt: skip
def test_a_vendor_does_not_silence_or_divert_what_somebody_wears(site: Site, change: dict[str, object]) -> None:
    def tried(role: str) -> int:
        with site.program(role) as client:
            if "enabled" in change:
                return client.post("/api/v1/devices/watch-ours/revoke").status_code
            return client.patch("/api/v1/devices/watch-ours", json=change).status_code

    assert tried("vendor") == 403
    assert tried("admin") == 200


def test_a_vendor_does_not_take_the_secret_of_what_somebody_wears(site: Site) -> None:
    with site.program("vendor") as client:
        assert client.post("/api/v1/devices/watch-ours/rotate").status_code == 403
    with site.world.sessions.begin() as session:
        assign_device(session, "watch-ours", None, now_ms=NOW_MS)
    with site.program("vendor") as client:
        assert client.post("/api/v1/devices/watch-ours/rotate").status_code == 200


def test_a_push_that_named_no_device_is_shown_to_the_vendor_of_the_product_it_came_for(
    served: Site, letters: DeadLetters
) -> None:
    with served.program("admin") as admin:
        for product, vendor in (("x8", "ours"), ("x8-2", "theirs")):
            answer = admin.post("/api/v1/products", json={"id": product, "name": product, "vendor": vendor})
            assert answer.status_code == 201, answer.text
    routes = ("/push/x8", "/push/x8/heart", "/push/x8-2", "/push/x80")
    reason = "X-Anhu-Device: got '', expected the device that says so"
    made = letter("", reason=reason, resident_id="")
    letters.put([replace(made, door="http", route=one, received_at_ms=NOW_MS + 50) for one in routes])
    letters.put([replace(made, door="mqtt", route="/push/x8")])
    with served.program("vendor") as client:
        mine = [one["route"] for one in client.get("/api/v1/refusals").json()["items"] if not one["device_id"]]
        assert sorted(mine) == ["/push/x8", "/push/x8/heart"]
        assert reason in [one["reason"] for one in client.get("/api/v1/refusals/mapping").json()]
    assert "" not in seen(served, "desk")
    with served.browser("vendor") as client:
        assert "X-Anhu-Device" in client.get("/refusals").text


def test_the_page_shows_one_device_where_one_is_asked_for(served: Site) -> None:
    with served.browser("admin") as client:
        assert "watch-theirs" in client.get("/refusals").text
        one = client.get("/refusals", params={"device_id": "watch-ours"}).text
        assert "watch-ours" in one
        assert "watch-theirs" not in one
        assert "needs mapping" in one
        none = client.get("/refusals", params={"device_id": "nonsense"}).text
        assert "watch-ours" not in none
