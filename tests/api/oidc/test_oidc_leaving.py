"""The provider ends a session: by a word that it signed, for us, once."""

from __future__ import annotations

from typing import Any

import pytest
from joserfc import jwt

from tests.api.oidc.conftest import Desk

EVENT = "http://schemas.openid.net/event/backchannel-logout"


def word(desk: Desk, **changes: object) -> str:
    now_s = desk.site.world.clock.now_ms() // 1000
    claims = {
        "iss": desk.fake.issuer,
        "aud": "anhu",
        "iat": now_s,
        "exp": now_s + 120,
        "jti": "j-1",
        "events": {EVENT: {}},
        "sub": "p-1",
        "sid": "s-1",
        **changes,
    }
    said = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": "RS256", "typ": "logout+jwt", "kid": desk.fake.key.kid}, said, desk.fake.key)


def send(desk: Desk, token: str) -> int:
    with desk.site.anonymous() as client:
        return client.post("/login/oidc/logout", data={"logout_token": token}).status_code


@pytest.mark.parametrize(("changes", "others"), [({}, 200), ({"sid": None}, 401), ({"sub": None}, 200)])
def test_a_session_ends_with_that_at_the_provider(desk: Desk, changes: dict[str, Any], others: int) -> None:
    with desk.site.anonymous() as client, desk.site.anonymous() as other, desk.site.browser("desk") as colleague:
        desk.fake.claims = {"sid": "s-1"}
        desk.log_in(client)
        desk.fake.claims = {"sid": "s-2"}
        desk.log_in(other)
        assert send(desk, word(desk, **changes)) == 200
        assert client.get("/api/v1/me").status_code == 401
        assert other.get("/api/v1/me").status_code == others
        assert colleague.get("/api/v1/me").status_code == 200
    assert send(desk, word(desk, **changes)) == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "x"},
        {"events": None},
        {"events": {}},
        {"events": {EVENT: None}},
        {"jti": None},
        {"sub": None, "sid": None},
        {"sub": 7},
        {"aud": "another"},
        {"iss": "https://another.example"},
        {"exp": 1},
        {"exp": None},
    ],
)
def test_a_word_that_is_not_the_providers_ends_nothing(desk: Desk, changes: dict[str, Any]) -> None:
    with desk.site.anonymous() as client:
        desk.fake.claims = {"sid": "s-1"}
        desk.log_in(client)
        assert send(desk, word(desk, **changes)) == 400
        assert send(desk, desk.fake.id_token()) == 400
        assert send(desk, "") == 400
        assert client.get("/api/v1/me").status_code == 200
