"""One's own browsers as contacts: entered by themselves, seen by nobody else, never twice, never without a bound."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from anhu.contract.settings import Secret
from anhu.registry.contacts import switch_off
from anhu.registry.tables import Audit, Contact
from ingest.store.port import StoreQuery
from notify.channels import channel_types, contact_forms
from tests.api.world import Site, World, serve

KEYS = {
    "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    "auth": "BTBZMqHH6r4Tts7J_aSIgg",
}


def subscription(name: str = "x", **other: object) -> dict[str, Any]:
    return {"endpoint": f"https://fcm.googleapis.com/fcm/send/{name}", "keys": KEYS, "label": "Chrome", **other}


@pytest.fixture
def site(world: World, store: StoreQuery) -> Iterator[Site]:
    own = channel_types()["web_push"].settings(web_push_key=Secret("A" * 42 + "E"))
    with serve(world, store, channels=contact_forms({"web_push": own})) as served:
        yield served


def rows(world: World) -> list[Contact]:
    with world.sessions() as session:
        return session.query(Contact).filter_by(channel="web_push").order_by(Contact.id).all()


def test_a_browser_enters_itself_once_however_often_it_asks(site: Site, world: World) -> None:
    with site.browser("family") as client:
        assert client.get("/api/v1/me/browsers").json()["public_key"]
        first = client.post("/api/v1/me/browsers", json=subscription())
        second = client.post("/api/v1/me/browsers", json=subscription(label="Chrome 2"))
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json()["id"] == second.json()["id"]
        (listed,) = client.get("/api/v1/me/browsers").json()["browsers"]
        assert (listed["label"], listed["service"], listed["gone_at"]) == ("Chrome 2", "fcm.googleapis.com", None)
        assert "fcm/send" not in client.get("/api/v1/me/browsers").text, "who knows the address can push junk there"
    (row,) = rows(world)
    assert (row.owner_kind, row.owner_id) == ("user", "u-family")
    assert row.secret == f"{KEYS['p256dh']}.{KEYS['auth']}"


def test_a_browser_that_another_user_takes_over_is_the_firsts_no_more(site: Site, world: World) -> None:
    with site.browser("family") as client:
        client.post("/api/v1/me/browsers", json=subscription())
    with site.browser("desk") as client:
        client.post("/api/v1/me/browsers", json=subscription())
    assert {row.owner_id: row.enabled for row in rows(world)} == {"u-family": False, "u-desk": True}
    with site.browser("family") as client:
        assert client.get("/api/v1/me/browsers").json()["browsers"] == []


def test_nobody_makes_anothers_browser_leave(site: Site, world: World) -> None:
    with site.browser("family") as client:
        made = client.post("/api/v1/me/browsers", json=subscription()).json()
    with site.browser("desk") as client:
        assert client.post(f"/api/v1/me/browsers/{made['id']}/leave", json={}).status_code == 404
    assert [row.enabled for row in rows(world)] == [True]
    with site.browser("family") as client:
        assert client.post(f"/api/v1/me/browsers/{made['id']}/leave", json={}).status_code == 204
    assert [row.enabled for row in rows(world)] == [False]
    with world.sessions() as session:
        told = [row.action for row in session.query(Audit).filter(Audit.action.like("browser.%")).order_by(Audit.id)]
    assert told == ["browser.enter", "browser.leave"]


def test_one_user_has_ten_and_no_more(site: Site) -> None:
    with site.browser("family") as client:
        codes = [client.post("/api/v1/me/browsers", json=subscription(str(n))).status_code for n in range(11)]
        assert codes == [201] * 10 + [409]
        assert client.post("/api/v1/me/browsers", json=subscription("3")).status_code == 201, "one that it has"


def test_one_that_is_gone_is_listed_until_it_is_removed(site: Site, world: World) -> None:
    with site.browser("family") as client:
        made = client.post("/api/v1/me/browsers", json=subscription()).json()
        with world.sessions.begin() as session:
            assert switch_off(session, made["id"], world.clock.now_ms())
            assert not switch_off(session, made["id"], world.clock.now_ms()), "told once"
        (listed,) = client.get("/api/v1/me/browsers").json()["browsers"]
        assert listed["gone_at"]
        assert client.post("/api/v1/me/browsers", json=subscription()).json()["gone_at"] is None
        client.post(f"/api/v1/me/browsers/{made['id']}/leave", json={})
        assert client.get("/api/v1/me/browsers").json()["browsers"] == []


@pytest.mark.parametrize(
    ("other", "field"),
    [
        ({"endpoint": "https://evil.example/push"}, "address"),
        ({"endpoint": "https://10.0.0.1/push"}, "address"),
        ({"endpoint": "http://fcm.googleapis.com/fcm/send/x"}, "address"),
        ({"keys": {**KEYS, "auth": "x"}}, "keys"),
        ({"keys": {**KEYS, "p256dh": "B" * 87}}, "keys"),
        ({"label": "a\nb"}, "label"),
    ],
)
def test_what_is_no_subscription_is_refused(site: Site, other: dict[str, Any], field: str, world: World) -> None:
    with site.browser("family") as client:
        answer = client.post("/api/v1/me/browsers", json=subscription(**other))
    assert answer.status_code == 422
    assert field in answer.text
    assert rows(world) == []


def test_an_administrator_types_no_browser_and_reads_no_robots_address(site: Site, world: World) -> None:
    key = "73febdcb-1b38-4d1b-a994-790f21fc8d30"
    with site.browser("admin") as client:
        typed = {
            "owner_kind": "team",
            "owner_id": "ours",
            "channel": "web_push",
            "address": "https://fcm.googleapis.com/x",
        }
        assert client.post("/api/v1/contacts", json=typed).status_code == 422
        robot = {**typed, "channel": "dingtalk", "secret": "SEC0123456789"}
        robot["address"] = f"https://oapi.dingtalk.com/robot/send?access_token={key}"
        made = client.post("/api/v1/contacts", json=robot)
        assert made.status_code == 201, made.text
        assert key not in made.text + client.get("/api/v1/contacts").text
        assert "SEC0123456789" not in made.text + client.get("/api/v1/contacts").text
        wrong = client.post("/api/v1/contacts", json={**robot, "address": f"https://evil.example/?access_token={key}"})
        assert wrong.status_code == 422
        assert key not in wrong.text, "a secret is not repeated where it was mistyped"
    with world.sessions() as session:
        assert session.query(Contact).filter_by(channel="dingtalk").one().secret == "SEC0123456789"
