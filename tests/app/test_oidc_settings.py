"""A provider that could let nobody in, or the wrong ones, is refused at the start; who gets in without it is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from joserfc import jwk

from anhu.contract.clock import ManualClock
from anhu.contract.errors import SettingsError
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.migrations import upgrade
from anhu.registry.oidc_tables import OidcIdentity
from anhu.registry.tables import User
from app import status
from app.check_result import CheckVerdict
from app.oidc_checks import logins_by_provider
from app.settings import Settings, from_environment

NOW_MS = 1_795_300_000_000
RIGHT = {
    "ANHU_OIDC_ISSUER": "https://sso.example.org/realms/care",
    "ANHU_OIDC_CLIENT_ID": "anhu",
    "ANHU_OIDC_CLIENT_SECRET": "swordfish",
    "ANHU_OIDC_ROLES": "anhu-admins=admin; desk-*=desk:*",
    "ANHU_OIDC_PASSWORDS": "role:desk, rescue",
}


def test_what_is_right_is_taken() -> None:
    settings = from_environment({**RIGHT, "ANHU_PUBLIC_URL": "https://desk.example.org/"})
    config = settings.oidc_config(settings.base_url)
    assert config.redirect_uri == "https://desk.example.org/login/oidc/callback"
    assert config.passwords == {"role:desk", "rescue"}
    assert [rule.value for rule in config.rules] == ["anhu-admins", "desk-*"]
    assert "swordfish" not in repr(settings) + repr(config)
    assert from_environment({**settings.environment()}) == settings


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("ANHU_OIDC_ISSUER", "http://sso.example.org"),
        ("ANHU_OIDC_ISSUER", "https://user:pw@sso.example.org"),
        ("ANHU_OIDC_ISSUER", "sso.example.org"),
        ("ANHU_OIDC_CLIENT_ID", ""),
        ("ANHU_OIDC_ROLES", ""),
        ("ANHU_OIDC_ROLES", "everybody"),
        ("ANHU_OIDC_SCOPES", "profile"),
        ("ANHU_OIDC_PROMPT", "none"),
        ("ANHU_OIDC_SESSION_H", "0"),
        ("ANHU_OIDC_CLIENT_AUTH", "mtls"),
    ],
)
def test_what_is_wrong_is_named(variable: str, text: str) -> None:
    with pytest.raises(SettingsError, match=variable):
        from_environment({**RIGHT, variable: text})


@pytest.mark.parametrize("kind", ["RSA", "EC", "oct", "public", "missing"])
def test_a_private_key_of_our_own(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "key.pem"
    key = jwk.ECKey.generate_key("P-256") if kind in {"EC", "public"} else jwk.RSAKey.generate_key(2048)
    if kind != "missing":
        file.write_bytes(b"secret" if kind == "oct" else key.as_pem(private=kind != "public"))
    given = {**RIGHT, "ANHU_OIDC_CLIENT_AUTH": "private_key_jwt", "ANHU_OIDC_CLIENT_KEY": str(file)}
    if kind in {"RSA", "EC"}:
        assert from_environment(given).oidc_config("").client_key.startswith("-----BEGIN")
        return
    with pytest.raises(SettingsError, match="ANHU_OIDC_CLIENT_KEY"):
        from_environment(given)


def test_the_doctor_says_who_gets_in_without_the_provider(tmp_path: Path) -> None:
    settings = from_environment(RIGHT, data=tmp_path)
    clock = ManualClock(NOW_MS)
    upgrade(settings.database)
    sessions = open_sessions(settings.database)
    with sessions.begin() as session:
        for login, role in (("desk", "desk"), ("admin", "admin"), ("gone", "team")):
            session.add(User(id=login, login=login, name="x", role=role, password_hash="h"))
        session.flush()
        identity = {"issuer": "i", "subject": "s", "user_id": "gone", "linked_at_ms": 1, "ended_at_ms": 2}
        session.add(OidcIdentity(**identity))
    status.write(tmp_path / "status", "api", {"oidc_down_s": 90.0}, clock)
    down, without, ended = logins_by_provider(settings, clock)
    assert down.verdict is without.verdict is CheckVerdict.WARNING
    assert "for 90 s" in down.detail
    assert "no administrator gets in" in without.detail
    assert "gone" in ended.detail
    with sessions.begin() as session:
        session.get_one(User, "admin").login = "rescue"
    status.write(tmp_path / "status", "api", {"oidc_down_s": 0.0, "oidc_logins": 3.0}, clock)
    up, _ = logins_by_provider(settings, clock)
    assert up.verdict is CheckVerdict.OK
    close_sessions(sessions)
    assert list(logins_by_provider(Settings(data=tmp_path), clock)) == []
