"""What a provider, or somebody in its place, may answer, and who is let in by it: nobody by anything but the truth."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import pytest
from joserfc import jwk, jwt

from anhu.contract.clock import HOUR_MS, MINUTE_MS
from anhu.contract.settings import Secret
from api.oidc.client_proof import prove
from api.oidc.config import OidcConfig
from tests.api.oidc.conftest import Desk
from tests.api.oidc.fake_provider import new_key


def plain(text: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(text).encode()).rstrip(b"=").decode()


def test_a_true_answer_opens_the_desk_with_the_role_of_the_claim(desk: Desk) -> None:
    with desk.site.anonymous() as client:
        answer = desk.log_in(client)
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
        me = client.get("/api/v1/me").json()
        assert (me["role"], me["centre_id"], me["name"], me["login"]) == ("desk", "ours", "王秀英", "wang")
        assert not [name for name in client.cookies if name.startswith("anhu_oidc_")]
    assert desk.fake.forms[-1]["grant_type"] == "authorization_code"
    assert len(desk.fake.forms[-1]["code_verifier"]) >= 43
    name, _, secret = (
        base64.b64decode(desk.fake.forms[-1]["authorization"].removeprefix("Basic ")).decode().partition(":")
    )
    assert (unquote(name), unquote(secret)) == ("anhu", "shh")


@pytest.mark.parametrize(
    ("claims", "header"),
    [
        ({"iss": "https://another.example"}, {}),
        ({"aud": "another"}, {}),
        ({"aud": ["anhu", "another"]}, {}),
        ({"aud": ["anhu", "another"], "azp": "another"}, {}),
        ({"azp": "another"}, {}),
        ({"nonce": "another"}, {}),
        ({"nonce": None}, {}),
        ({"sub": None}, {}),
        ({"sub": ""}, {}),
        ({"sub": "x" * 256}, {}),
        ({"sub": 7}, {}),
        ({"exp": None}, {}),
        ({"iat": None}, {}),
        ({"exp": "soon"}, {}),
        ({"exp": True}, {}),
        ({}, {"typ": "logout+jwt"}),
        ({}, {"typ": "at+jwt"}),
        ({}, {"kid": "unknown"}),
    ],
)
def test_a_token_that_is_not_for_us_lets_nobody_in(desk: Desk, claims: dict[str, Any], header: dict[str, Any]) -> None:
    desk.fake.claims, desk.fake.header = claims, header
    with desk.site.anonymous() as client:
        assert desk.refused(client) == "token"


@pytest.mark.parametrize(
    ("iat_s", "exp_s", "reason"),
    [
        (-50, 10, ""),
        (55, 300, ""),
        (-300, -55, ""),
        (-300, -61, "clock"),
        (61, 300, "clock"),
        (-601, 300, "clock"),
    ],
)
def test_clocks_may_differ_by_a_minute(desk: Desk, iat_s: int, exp_s: int, reason: str) -> None:
    now_s = desk.site.world.clock.now_ms() // 1000
    desk.fake.claims = {"iat": now_s + iat_s, "exp": now_s + exp_s}
    with desk.site.anonymous() as client:
        if reason:
            assert desk.refused(client) == reason
        else:
            assert desk.log_in(client).headers["location"] == "/desk"


def test_a_token_signed_by_nobody_or_by_what_everybody_knows_is_none(desk: Desk) -> None:
    with desk.site.anonymous() as client:
        true = desk.fake.id_token().split(".")
        claims = json.loads(base64.urlsafe_b64decode(true[1] + "=="))
        public = jwk.OctKey.generate_key(256)
        public._raw_value = desk.fake.key.as_pem(private=False)  # the library itself refuses such a key
        forged = [
            f"{plain({'alg': 'none'})}.{true[1]}.",
            f"{plain({'alg': 'None', 'kid': desk.fake.key.kid})}.{true[1]}.{true[2]}",
            jwt.encode({"alg": "HS256", "kid": desk.fake.key.kid}, claims, public),
            jwt.encode({"alg": "HS256"}, claims, jwk.OctKey.import_key("shh" * 20)),
            jwt.encode({"alg": "RS256", "kid": desk.fake.key.kid}, claims, new_key()),
            f"{true[0]}.{plain({**claims, 'groups': ['anhu-admins']})}.{true[2]}",
            f"{true[0]}.{true[1]}.{true[2][:-6]}AAAAAA",
            f"{true[0]}.{true[1]}",
            "x",
            "",
            "ä.ö.ü",
        ]
        for token in forged:
            desk.fake.token = token
            assert desk.refused(client) == "token", token


def test_a_key_in_the_token_itself_is_not_looked_at(desk: Desk) -> None:
    mine = new_key()
    with desk.site.anonymous() as client:
        state = desk.begin(client)
        claims: dict[str, Any] = {"iss": desk.fake.issuer, "sub": "p", "aud": "anhu", "nonce": desk.fake.nonce}
        claims |= {"iat": desk.fake.now_s, "exp": desk.fake.now_s + 60, "groups": ["anhu-admins"]}
        header = {"alg": "RS256", "jwk": mine.as_dict(private=False), "kid": desk.fake.key.kid}
        desk.fake.token = jwt.encode(header, claims, mine)
        assert 'data-reason="token"' in desk.finish(client, state).text


def test_new_keys_are_asked_for_once_a_minute(desk: Desk) -> None:
    with desk.site.anonymous() as client:
        desk.log_in(client)
    asked = desk.fake.asked["/jwks"]
    desk.fake.key = new_key()
    desk.fake.shown.append(desk.fake.key)
    with desk.site.anonymous() as client:
        assert desk.log_in(client).headers["location"] == "/desk"
    assert desk.fake.asked["/jwks"] == asked + 1
    desk.fake.header = {"kid": "made up"}
    for _ in range(5):
        with desk.site.anonymous() as client:
            assert desk.refused(client) == "token"
    assert desk.fake.asked["/jwks"] == asked + 1
    desk.site.world.clock.forward(MINUTE_MS)
    with desk.site.anonymous() as client:
        assert desk.refused(client) == "token"
    assert desk.fake.asked["/jwks"] == asked + 2


def test_keys_that_cannot_be_asked_for_just_now_go_on_counting(desk: Desk) -> None:
    with desk.site.anonymous() as client:
        desk.log_in(client)
    desk.site.world.clock.forward(2 * HOUR_MS)
    desk.fake.status = {"/jwks": 500, "/.well-known/openid-configuration": 500}
    with desk.site.anonymous() as client:
        assert desk.log_in(client).headers["location"] == "/desk"
    desk.site.world.clock.forward(24 * HOUR_MS)
    with desk.site.anonymous() as client:
        answer = client.get("/login/oidc", params={"here": "1"})
        assert answer.headers["location"].startswith("/login?provider=down")


def test_among_keys_without_a_name_the_right_one_is_found(desk: Desk) -> None:
    desk.fake.shown = [new_key(), new_key(), desk.fake.key]
    desk.fake.header = {"kid": None}
    with desk.site.anonymous() as client:
        assert desk.log_in(client).headers["location"] == "/desk"


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "http://127.0.0.1:1"},
        {"token_endpoint": "http://evil.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"userinfo_endpoint": "http://user:pw@127.0.0.1/"},
        {"token_endpoint": None},
    ],
)
def test_a_provider_that_is_somewhere_else_is_not_asked(desk: Desk, changes: dict[str, Any]) -> None:
    with desk.site.anonymous() as client:
        desk.begin(client)
        desk.fake.changes = changes
        desk.site.world.clock.forward(25 * HOUR_MS)
        answer = client.get("/login/oidc", params={"here": "1"})
        assert answer.headers["location"].startswith("/login?provider=down")
        assert client.get("/login").status_code == 200


def test_an_answer_that_names_another_provider_is_not_its(desk: Desk) -> None:
    with desk.site.anonymous() as client:
        assert desk.refused(client, iss="https://another.example") == "iss"
        desk.fake.changes = {"authorization_response_iss_parameter_supported": True}
        desk.site.world.clock.forward(2 * HOUR_MS)
        assert desk.refused(client) == "iss"
        assert desk.log_in(client, iss=desk.fake.issuer).headers["location"] == "/desk"
    assert desk.door.counters()["oidc_refused"] == 2.0


def test_roles_may_stand_in_userinfo_of_the_same_person_only(desk: Desk) -> None:
    desk.fake.claims = {"groups": None}
    desk.fake.userinfo = {"sub": "p-2", "groups": ["anhu-admins"]}
    with desk.site.anonymous() as client:
        assert desk.refused(client) == "token"
        desk.fake.userinfo = {"sub": "p-1", "groups": ["team-ours"], "nonce": "x", "iss": "y"}
        assert desk.log_in(client).status_code == 303
        assert client.get("/api/v1/me").json()["role"] == "team"


@pytest.mark.parametrize("way", ["post", "private_key_jwt", "none"])
def test_other_ways_to_prove_who_we_are(config: OidcConfig, way: str) -> None:
    pem = jwk.ECKey.generate_key("P-256").as_pem(private=True).decode()
    changed = replace(config, client_auth=way, client_key=Secret(pem))
    proof = prove(changed, "http://op/token", 1_000_000)
    assert proof.auth is None
    assert proof.form["client_id"] == "anhu"
    assert ("client_secret" in proof.form) == (way == "post")
    if way == "private_key_jwt":
        said = jwt.decode(proof.form["client_assertion"], jwk.ECKey.import_key(pem)).claims
        assert (said["iss"], said["aud"], said["exp"] - said["iat"]) == ("anhu", "http://op/token", 60)
