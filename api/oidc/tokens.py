"""Judges what the provider signed. An algorithm without a public key is none: whoever knows our secret could sign."""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any, NamedTuple

from joserfc import jwt
from joserfc.errors import JoseError

from anhu.contract.clock import SECOND_MS
from api.oidc.errors import OidcError
from api.oidc.provider import Provider

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
SKEW_S = 60
"""How far the provider's clock may be from ours. [s]"""
_LONGEST_TOKEN = 65_536
LONGEST_SUBJECT = 255
_OLDEST_S = 600
_LOGOUT = "http://schemas.openid.net/event/backchannel-logout"


class Leaving(NamedTuple):
    """The provider says that a session ended: whose, which one; `jti` names what it said."""

    sub: str
    sid: str
    jti: str


async def checked_id_token(
    token: object, provider: Provider, *, issuer: str, client_id: str, nonce: str, now_ms: int
) -> dict[str, Any]:
    """Return the claims of an identity token. Raises `OidcError`, `ProviderDownError`."""
    claims = await _signed(token, provider, kinds=("", "jwt"))
    _check_claims(claims, issuer=issuer, client_id=client_id, now_s=now_ms / SECOND_MS)
    if claims.get("nonce") != nonce:
        raise OidcError("token", "nonce")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise OidcError("token", "sub")
    return claims


async def checked_logout_token(
    token: object, provider: Provider, *, issuer: str, client_id: str, now_ms: int
) -> Leaving:
    """Return which session ended (OpenID Connect Back-Channel Logout 1.0). Raises as `checked_id_token`."""
    claims = await _signed(token, provider, kinds=("", "jwt", "logout+jwt"))
    _check_claims(claims, issuer=issuer, client_id=client_id, now_s=now_ms / SECOND_MS)
    events = claims.get("events")
    if not isinstance(events, Mapping) or not isinstance(events.get(_LOGOUT), Mapping) or "nonce" in claims:
        raise OidcError("token", "events")
    said = [claims.get(name, "") for name in ("sub", "sid", "jti")]
    if not all(isinstance(one, str) and len(one) <= LONGEST_SUBJECT for one in said):
        raise OidcError("token", "sub, sid, jti")
    leaving = Leaving(*said)
    if not leaving.jti or not (leaving.sub or leaving.sid):
        raise OidcError("token", "sub, sid, jti")
    return leaving


async def _signed(token: object, provider: Provider, *, kinds: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(token, str) or not 0 < len(token) <= _LONGEST_TOKEN:
        raise OidcError("token", "no token")
    header = _header(token)
    alg, kid = header.get("alg"), header.get("kid", "")
    if alg not in ALGORITHMS or not isinstance(kid, str) or str(header.get("typ", "")).lower() not in kinds:
        raise OidcError("token", "algorithm or kind")
    for one in await provider.keys(kid):
        if one.alg in ("", alg):
            try:
                return dict(jwt.decode(token, one.key, algorithms=[str(alg)]).claims)
            except (JoseError, ValueError, TypeError):
                continue
    raise OidcError("token", "signature")


def _header(token: str) -> dict[str, Any]:
    first = token.partition(".")[0]
    try:
        header = json.loads(urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except (binascii.Error, ValueError):
        header = None
    if not isinstance(header, dict):
        raise OidcError("token", "not a signed token")
    return header


def _check_claims(claims: Mapping[str, Any], *, issuer: str, client_id: str, now_s: float) -> None:
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if claims.get("iss") != issuer:
        raise OidcError("token", "iss")
    if client_id not in audiences:
        raise OidcError("token", "aud")
    if claims.get("azp", client_id if len(audiences) == 1 else None) != client_id:
        raise OidcError("token", "azp")
    ends_s, made_s = _number(claims.get("exp")), _number(claims.get("iat"))
    starts_s = _number(claims.get("nbf", made_s))
    if ends_s <= now_s - SKEW_S or not now_s - _OLDEST_S <= made_s <= now_s + SKEW_S or starts_s > now_s + SKEW_S:
        raise OidcError("clock", "exp, iat or nbf: compare the two clocks")


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise OidcError("token", "exp, iat or nbf")
    return float(value)
