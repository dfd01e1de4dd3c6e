"""The world of the API, with a provider of logins that a test may lead astray."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from anhu.contract.clock import SECOND_MS
from anhu.contract.settings import Secret
from anhu.registry.sealing import Sealing
from api.oidc.config import OidcConfig
from api.oidc.door import OidcDoor
from api.oidc.roles import parse_rules
from api.oidc.transport import Transport
from ingest.store.embedded.query import SqliteStoreQuery
from tests.api.conftest import store
from tests.api.oidc.fake_provider import CLIENT, FakeProvider, fake_provider
from tests.api.world import WITHOUT_TLS, Site, World, serve
from tests.api.world_fixtures import built, either_world, world

__all__ = ["built", "either_world", "store", "world"]
PATIENCE_S = 300.0
"""No answer of a test is late, however busy the machine."""
RULES = "anhu-admins=admin; lead-*=desk:*:lead; desk-*=desk:*; team-*=team:*"


@dataclass(slots=True)
class Desk:
    """A site, its provider, and somebody who logs in there."""

    site: Site
    fake: FakeProvider
    door: OidcDoor

    def begin(self, client: httpx.Client, following: str = "") -> str:
        """Leave for the provider; return the state."""
        answer = client.get("/login/oidc", params={"here": "1", "next": following})
        assert answer.status_code == 303
        asked = {name: one for name, (one,) in parse_qs(urlsplit(answer.headers["location"]).query).items()}
        assert answer.headers["location"].startswith(self.fake.issuer + "/auth?")
        assert (asked["code_challenge_method"], asked["response_type"]) == ("S256", "code")
        assert asked["redirect_uri"] == "http://desk.example/login/oidc/callback"
        self.fake.nonce = asked["nonce"]
        self.fake.now_s = self.site.world.clock.now_ms() // SECOND_MS
        return asked["state"]

    def finish(self, client: httpx.Client, state: str, code: str = "c", **more: str) -> httpx.Response:
        """Come back from it."""
        return client.get("/login/oidc/callback", params={"state": state, "code": code, **more})

    def log_in(self, client: httpx.Client, following: str = "", **more: str) -> httpx.Response:
        """Do both."""
        return self.finish(client, self.begin(client, following), code=self.fake.nonce, **more)

    def refused(self, client: httpx.Client, **more: str) -> str:
        """Try to log in and return the reason for which it is refused; nobody is logged in then."""
        answer = self.log_in(client, **more)
        assert answer.status_code in {403, 503}, answer.headers
        assert "anhu_session" not in client.cookies
        assert client.get("/api/v1/me").status_code == 401
        return answer.text.partition('data-reason="')[2].partition('"')[0]


@pytest.fixture
def fake() -> Iterator[FakeProvider]:
    with fake_provider() as running:
        yield running


@pytest.fixture
def config(fake: FakeProvider) -> OidcConfig:
    return OidcConfig(
        issuer=fake.issuer,
        client_id=CLIENT,
        client_secret=Secret("shh"),
        base_url="http://desk.example",
        name="社区统一登录",
        help="王工 0571-1234",
        rules=parse_rules(RULES, "ANHU_OIDC_ROLES"),
    )


@pytest.fixture
def desk(world: World, store: SqliteStoreQuery, fake: FakeProvider, config: OidcConfig) -> Iterator[Desk]:
    yield from desks(world, store, fake, config)


@pytest.fixture
def strict_desk(world: World, store: SqliteStoreQuery, fake: FakeProvider, config: OidcConfig) -> Iterator[Desk]:
    """Passwords are for the desk and one named account."""
    yield from desks(world, store, fake, replace(config, passwords=frozenset({"role:desk", "admin"})))


def desks(world: World, store: SqliteStoreQuery, fake: FakeProvider, config: OidcConfig) -> Iterator[Desk]:
    door = OidcDoor(
        config,
        Sealing(b"k" * 32, b"oidc"),
        world.clock,
        transport=Transport(whole_s=PATIENCE_S, step_s=PATIENCE_S, tls=WITHOUT_TLS),
    )
    with serve(world, store, oidc=door) as site:
        yield Desk(site, fake, door)
