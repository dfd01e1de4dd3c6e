"""Who guesses passwords keeps nobody out, learns nothing, and stops nobody else."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest

from anhu.contract.proxies import trusted_networks
from anhu.registry.tables import Audit, Token
from api.services import login
from ingest.store.embedded.query import SqliteStoreQuery
from tests.api.world import PASSWORD, Site, World, serve

WRONG = "wrong-horse-1"


@pytest.fixture
def proxied(world: World, store: SqliteStoreQuery) -> Iterator[Site]:
    with serve(world, store, trusted_proxies=trusted_networks("127.0.0.1")) as served:
        yield served


def log_in(site: Site, name: str, password: str, address: str = "", cookies: dict[str, str] | None = None) -> int:
    with site.anonymous() as client:
        headers = {"X-Forwarded-For": address} if address else {}
        client.cookies.update(cookies or {})
        answer = client.post("/api/v1/login", json={"login": name, "password": password}, headers=headers)
        return answer.status_code


@contextmanager
def hashing_stands_still(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Let every password wait in its thread until the event is set."""
    go_on = threading.Event()

    def judge(*_: object, **__: object) -> bool:
        go_on.wait(30)
        return False

    monkeypatch.setattr(login, "is_right", judge)
    try:
        yield go_on
    finally:
        go_on.set()


def test_a_hundred_logins_at_once_stop_nobody_else(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        ThreadPoolExecutor(100) as attackers,
        site.browser("desk") as desk,
        hashing_stands_still(monkeypatch) as go_on,
    ):
        tries = [attackers.submit(log_in, site, f"name-{n}", WRONG) for n in range(100)]
        while sum(one.done() for one in tries) < 97:
            assert desk.get("/api/v1/alerts").status_code == 200
        assert desk.get("/desk/queue").status_code == 200
        assert desk.get("/health").status_code == 200
        go_on.set()
        assert Counter(one.result() for one in tries) == {429: 97, 401: 3}


def test_who_is_sent_away_from_the_queue_is_told_when_to_come_back(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with ThreadPoolExecutor(8) as attackers, hashing_stands_still(monkeypatch) as go_on:
        tries = [attackers.submit(log_in, site, f"name-{n}", WRONG) for n in range(8)]
        while sum(one.done() for one in tries) < 5:
            pass
        with site.anonymous() as client:
            full = client.post("/api/v1/login", json={"login": "desk", "password": PASSWORD})
            page = client.post("/login", data={"login": "desk", "password": PASSWORD})
        go_on.set()
    assert (full.status_code, full.headers["retry-after"]) == (429, "2")
    assert (page.status_code, page.headers["retry-after"]) == (429, "2")
    assert "请在 2 秒后重试" in page.text


def test_strangers_leave_a_lane_to_browsers_that_are_known(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with site.browser("desk") as desk:
        known = desk.cookies["anhu_browser"]
    judged = login.is_right

    def judge(*args: object, name: str, password: str) -> bool:
        return judged(*args, name=name, password=password) if name == "desk" else not go_on.wait(30)  # type: ignore[arg-type]

    go_on = threading.Event()
    monkeypatch.setattr(login, "is_right", judge)
    with ThreadPoolExecutor(8) as attackers:
        tries = [attackers.submit(log_in, site, f"name-{n}", WRONG) for n in range(8)]
        while sum(one.done() for one in tries) < 5:
            pass
        assert log_in(site, "desk", PASSWORD, cookies={"anhu_browser": known}) == 200
        go_on.set()


def test_many_guesses_at_once_are_counted_before_they_are_judged(proxied: Site) -> None:
    with ThreadPoolExecutor(20) as attackers:
        tried = list(attackers.map(lambda _: log_in(proxied, "desk", WRONG, "203.0.113.9"), range(60)))
    assert tried.count(401) <= 5


def test_strangers_lock_no_name(proxied: Site) -> None:
    for n in range(40):
        log_in(proxied, "desk", WRONG, f"203.0.113.{n % 4}")
    assert log_in(proxied, "desk", WRONG, "203.0.113.0") == 429
    assert log_in(proxied, "desk", PASSWORD, "198.51.100.7") == 200


def test_a_neighbour_in_the_same_ipv6_network_is_the_same_guesser(proxied: Site) -> None:
    for n in range(5):
        assert log_in(proxied, "desk", WRONG, f"2001:db8::{n + 1}") == 401
    assert log_in(proxied, "desk", WRONG, "2001:db8::99") == 429
    assert log_in(proxied, "desk", PASSWORD, "2001:db8:0:1::1") == 200


def test_a_known_browser_gets_in_whatever_others_tried_from_the_same_address(site: Site) -> None:
    with site.browser("desk") as desk:
        known = desk.cookies["anhu_browser"]
    while log_in(site, "desk", WRONG) != 429:
        pass
    assert log_in(site, "desk", PASSWORD) == 429
    assert log_in(site, "desk", PASSWORD, cookies={"anhu_browser": known}) == 200
    assert log_in(site, "desk", PASSWORD, cookies={"anhu_browser": known + "x"}) == 429


def test_the_cookie_of_a_browser_is_for_its_user_alone_and_ends_with_ten_wrong_passwords(site: Site) -> None:
    with site.browser("desk") as desk:
        known = {"anhu_browser": desk.cookies["anhu_browser"]}
    while log_in(site, "team", WRONG, cookies=known) != 429:
        pass
    assert [log_in(site, "desk", WRONG, cookies=known) for _ in range(10)] == [401] * 10
    with site.world.sessions() as session:
        assert session.query(Token).filter_by(purpose="browser", user_id="u-desk").count() == 0


def test_a_name_that_exists_is_answered_like_one_that_does_not(site: Site) -> None:
    def answers(name: str) -> list[tuple[int, str, str | None]]:
        with site.anonymous() as client:
            got = [client.post("/api/v1/login", json={"login": name, "password": WRONG}) for _ in range(8)]
        return [(one.status_code, one.text, one.headers.get("retry-after")) for one in got]

    assert answers("desk") == answers("nobody")


def test_only_a_trusted_proxy_is_believed(site: Site, proxied: Site) -> None:
    log_in(site, "team", WRONG, "203.0.113.5")
    with site.world.sessions() as session:
        assert [row.address for row in session.query(Audit).filter_by(action="login.failed")] == ["127.0.0.1"]
    log_in(proxied, "team", WRONG, "198.51.100.1, 203.0.113.6")
    with site.world.sessions() as session:
        assert [row.address for row in session.query(Audit).filter_by(action="login.failed")][1:] == ["203.0.113.6"]


def test_what_was_typed_as_a_name_is_kept_nowhere(site: Site) -> None:
    for _ in range(3):
        log_in(site, "my-password-by-mistake", WRONG)
    with site.world.sessions() as session:
        (row,) = session.query(Audit).filter_by(action="login.failed")
        assert (row.user_id, row.detail) == ("", {"count": 1})


@pytest.mark.parametrize("body", [b'{"login": "' + b"x" * 5_000, b"x" * 4_097])
def test_a_login_is_small(site: Site, body: bytes) -> None:
    with site.anonymous() as client:
        assert client.post("/api/v1/login", content=body).status_code == 413
        assert client.post("/login", content=body).status_code == 413


def test_a_heap_of_fields_is_one_problem(site: Site) -> None:
    heap = {f"k{n}": 1 for n in range(400)}
    with site.anonymous() as client:
        small = client.post("/api/v1/login", json={"login": "a", "password": "b"} | dict(list(heap.items())[:40]))
        large = client.post("/api/v1/login", json=heap)
    assert len(small.json()["errors"]) == 20
    assert (large.status_code, len(large.json()["errors"])) == (422, 1)
    with site.program("admin") as admin:
        answer = admin.post("/api/v1/residents", json=heap)
    assert (answer.status_code, len(answer.json()["errors"]), len(answer.content) < 1_000) == (422, 1, True)


@pytest.mark.parametrize("key", ["k" * 60_000, "刘" * 10_000])
def test_a_huge_key_or_value_is_not_sent_back(site: Site, key: str) -> None:
    with site.program("admin") as admin:
        for body in ({key: 1}, {"name": key}, {"name": [key]}, {"flags": [key] * 1}):
            answer = admin.post("/api/v1/residents", json=body)
            assert answer.status_code in {413, 422}
            assert len(answer.content) < 4_000


def test_ones_own_password_is_changed_by_who_knows_it(site: Site) -> None:
    change = {"present": PASSWORD, "new": "quiet-river-77"}
    with site.browser("desk") as other, site.browser("desk") as desk, site.program("desk") as token:
        assert token.post("/api/v1/me/password", json=change).status_code == 403
        wrong = desk.post("/api/v1/me/password", json=change | {"present": WRONG})
        assert wrong.status_code == 403
        common = desk.post("/api/v1/me/password", json=change | {"new": "1234567890"})
        assert common.status_code == 422
        assert desk.post("/api/v1/me/password", json=change).status_code == 204
        assert desk.get("/api/v1/me").status_code == 200
        assert other.get("/api/v1/me").status_code == token.get("/api/v1/me").status_code == 401
    assert log_in(site, "desk", PASSWORD) == 401
    assert log_in(site, "desk", "quiet-river-77") == 200


def test_a_rejected_login_over_http_leaves_the_connection_usable(site: Site) -> None:
    with httpx.Client(base_url=site.url, trust_env=False) as client:
        assert client.post("/api/v1/login", json={"login": "desk", "password": WRONG}).status_code == 401
        assert client.get("/health").status_code == 200
