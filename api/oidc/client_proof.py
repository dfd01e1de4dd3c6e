"""How we prove to the provider who we are: by a secret, in a header or in the form, or by a key of our own."""

from __future__ import annotations

import secrets
from typing import NamedTuple
from urllib.parse import quote

import httpx
from joserfc import jwk, jwt
from joserfc.errors import JoseError

from anhu.contract.clock import SECOND_MS
from api.oidc.config import OidcConfig

WAYS = ("basic", "post", "private_key_jwt", "none")
_LASTS_S = 60
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Proof(NamedTuple):
    """What is added to the form, and who signs the request."""

    form: dict[str, str]
    auth: httpx.Auth | None


def prove(config: OidcConfig, audience: str, now_ms: int) -> Proof:
    """Return the proof for one request to the provider's token endpoint."""
    form = {"client_id": config.client_id}
    if config.client_auth == "basic":
        name, secret = (quote(text, safe="") for text in (config.client_id, config.client_secret))  # RFC 6749, 2.3.1
        return Proof({}, httpx.BasicAuth(name, secret))
    if config.client_auth == "post":
        return Proof({**form, "client_secret": str(config.client_secret)}, None)
    if config.client_auth == "private_key_jwt":
        signed = _assertion(config, audience, now_ms // SECOND_MS)
        return Proof({**form, "client_assertion_type": _ASSERTION, "client_assertion": signed}, None)
    return Proof(form, None)


def _assertion(config: OidcConfig, audience: str, now_s: int) -> str:
    key = private_key(config.client_key)
    alg = "RS256" if isinstance(key, jwk.RSAKey) else "ES256"
    claims = {"iss": config.client_id, "sub": config.client_id, "aud": audience, "jti": secrets.token_urlsafe(16)}
    return jwt.encode({"alg": alg}, {**claims, "iat": now_s, "exp": now_s + _LASTS_S}, key)


def private_key(pem: str) -> jwk.RSAKey | jwk.ECKey:
    """Return the key of a PEM text: RSA, or EC on P-256. Raises `ValueError`."""
    if "BEGIN" not in pem or "PRIVATE KEY" not in pem:
        raise ValueError("no private key in PEM")
    try:
        key = jwk.import_key(pem, "EC" if _is_ec(pem) else "RSA")
    except JoseError:
        raise ValueError("neither an RSA nor an EC key") from None
    if not key.is_private:
        raise ValueError("no private key in PEM")
    return key


def _is_ec(pem: str) -> bool:
    try:
        jwk.import_key(pem, "EC")
    except (JoseError, ValueError, TypeError, AttributeError):
        return False
    return True
