"""A real HAProxy before the pages: only the stranger waits, and nobody borrows another's address."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from anhu.contract.proxies import trusted_networks
from anhu.registry.tables import Audit
from ingest.store.embedded.query import SqliteStoreQuery
from tests.api.world import PASSWORD, Site, World, serve
from tests.services.haproxy import HAProxy

STRANGER, DESK = "127.0.9.9", "127.0.9.10"


@pytest.fixture
def proxied(world: World, store: SqliteStoreQuery) -> Iterator[Site]:
    with serve(world, store, trusted_proxies=trusted_networks("127.0.0.1")) as served:
        yield served


def log_in(port: int, address: str, password: str, claimed: str = "") -> int:
    headers = {"X-Forwarded-For": claimed} if claimed else {}
    transport = httpx.HTTPTransport(local_address=address)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", transport=transport, timeout=30) as client:
        body = {"login": "desk", "password": password}
        return client.post("/api/v1/login", json=body, headers=headers).status_code


def test_who_guesses_through_a_proxy_waits_alone_and_is_named(proxied: Site, world: World, tmp_path: Path) -> None:
    port = httpx.URL(proxied.url).port or 0
    with HAProxy(tmp_path, port, mode="http", more="option forwardfor") as proxy:
        codes = [log_in(proxy.port, STRANGER, "wrong-horse-1", f"203.0.113.{n}") for n in range(31)]
        assert log_in(proxy.port, STRANGER, "wrong-horse-1", "203.0.113.99") == 429
        assert log_in(proxy.port, DESK, PASSWORD) == 200
    assert set(codes) <= {401, 429}
    with world.sessions() as session:
        assert set(session.scalars(select(Audit.address).where(Audit.address != ""))) == {STRANGER, DESK}
