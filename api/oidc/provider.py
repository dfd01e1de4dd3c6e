"""What is known of the provider: where its doors are and by which keys it signs; asked for again when it is old.

A key that is not known is asked for once a minute at most: nobody may have us flood the provider. What was known goes
on counting for a day when the provider does not answer; a failure is never kept in its place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from joserfc import jwk
from joserfc.errors import JoseError

from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS, Clock
from api.oidc.errors import ProviderDownError
from api.oidc.transport import Transport

_FRESH_MS = HOUR_MS
_AT_MOST_MS = DAY_MS
_ASK_AGAIN_MS = MINUTE_MS
_MOST_KEYS = 64
_KINDS = frozenset({"RSA", "EC", "OKP"})
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_SMALLEST_RSA_BITS = 2_048


class Doors(NamedTuple):
    """The provider's addresses, and what it promises of its answers."""

    authorization: str
    token: str
    jwks: str
    userinfo: str
    says_who: bool
    """Its answers name it (RFC 9207): one that does not is not its own."""


class SigningKey(NamedTuple):
    """A public key of the provider; `alg` is empty where it does not bind it to one."""

    kid: str
    alg: str
    key: jwk.Key


class Provider:
    """One provider, as far as it is known."""

    def __init__(self, issuer: str, transport: Transport, clock: Clock) -> None:
        self._issuer = issuer
        self._transport = transport
        self._clock = clock
        self._doors: Doors | None = None
        self._doors_ms = 0
        self._keys: tuple[SigningKey, ...] = ()
        self._keys_ms = 0
        self._sought_ms = -_ASK_AGAIN_MS
        self._one_asks = asyncio.Lock()

    async def doors(self) -> Doors:
        """Return the provider's addresses. Raises `ProviderDownError`."""
        if self._doors is not None and self._age(self._doors_ms) < _FRESH_MS:
            return self._doors
        async with self._one_asks:
            if self._doors is not None and self._age(self._doors_ms) < _FRESH_MS:
                return self._doors
            return await self._ask_doors()

    async def look(self) -> None:
        """Ask the provider whether it is there. Raises `ProviderDownError`."""
        async with self._one_asks:
            await self._ask_doors(may_be_old=False)

    async def keys(self, kid: str) -> tuple[SigningKey, ...]:
        """Return the keys by which something may be signed; without a name for it, all. Raises `ProviderDownError`."""
        if self._age(self._keys_ms) >= _FRESH_MS or not self._keys:
            await self._refresh_keys(self._keys_ms)
        if kid and not any(one.kid == kid for one in self._keys) and self._age(self._sought_ms) >= _ASK_AGAIN_MS:
            self._sought_ms = self._clock.now_ms()
            await self._refresh_keys(self._keys_ms)
        return tuple(one for one in self._keys if not kid or one.kid == kid)

    def _age(self, since_ms: int) -> int:
        """Return how old it is; a clock that was set back makes it old. [ms]."""
        return abs(self._clock.now_ms() - since_ms)

    async def _ask_doors(self, *, may_be_old: bool = True) -> Doors:
        url = self._issuer.rstrip("/") + "/.well-known/openid-configuration"
        try:
            self._doors = _doors_of(await self._transport.get(url), self._issuer)
            self._doors_ms = self._clock.now_ms()
        except ProviderDownError:
            if not may_be_old or self._doors is None or self._age(self._doors_ms) >= _AT_MOST_MS:
                raise
        return self._doors

    async def _refresh_keys(self, seen_ms: int) -> None:
        """Ask for the keys, unless somebody did since they were seen."""
        doors = await self.doors()
        async with self._one_asks:
            if self._keys_ms != seen_ms:
                return
            try:
                keys = _keys_of(await self._transport.get(doors.jwks))
            except ProviderDownError:
                if not self._keys or self._age(self._keys_ms) >= _AT_MOST_MS:
                    raise
                return
            self._keys, self._keys_ms = keys, self._clock.now_ms()


def _doors_of(said: Mapping[str, Any], issuer: str) -> Doors:
    if said.get("issuer") != issuer:
        raise ProviderDownError("issuer", "the provider calls itself otherwise than ANHU_OIDC_ISSUER")
    found = {name: said.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
    userinfo = said.get("userinfo_endpoint") or ""
    for name, url in {**found, "userinfo_endpoint": userinfo or issuer}.items():
        if not isinstance(url, str) or not is_safe_address(url):
            raise ProviderDownError("issuer", f"the provider's {name} is not an HTTPS address")
    says_who = said.get("authorization_response_iss_parameter_supported") is True
    authorization, token, jwks = map(str, found.values())
    return Doors(authorization, token, jwks, str(userinfo), says_who)


def is_safe_address(url: str) -> bool:
    """Tell whether nobody on the way can read or change what goes there."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    is_plain = parts.scheme == "http" and host in _LOOPBACK
    return bool(host) and (parts.scheme == "https" or is_plain) and not (parts.username or parts.password)


def _keys_of(said: Mapping[str, Any]) -> tuple[SigningKey, ...]:
    """Return the keys that can sign; one that cannot be read does not keep the others away."""
    listed = said.get("keys")
    if not isinstance(listed, list):
        raise ProviderDownError("down", "the provider's keys are no list")
    found = (_key_of(one) for one in listed[:_MOST_KEYS])
    keys = tuple(one for one in found if one is not None)
    if not keys:
        raise ProviderDownError("down", "the provider has no key that can sign")
    return keys


def _key_of(said: object) -> SigningKey | None:
    if not isinstance(said, dict) or said.get("kty") not in _KINDS or said.get("use", "sig") != "sig":
        return None
    try:
        key = jwk.import_key({name: text for name, text in said.items() if name not in ("d", "x5c", "x5u")})
        if isinstance(key, jwk.RSAKey) and key.public_key.key_size < _SMALLEST_RSA_BITS:
            return None
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    kid, alg = said.get("kid", ""), said.get("alg", "")
    return SigningKey(kid if isinstance(kid, str) else "", alg if isinstance(alg, str) else "", key)
