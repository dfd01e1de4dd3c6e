"""A login by the provider, from leaving to coming back; what comes of it is others' business.

Nothing here waits in the loop: who comes back while the provider is slow waits alone, and for eight seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlencode

from anhu.contract.clock import SECOND_MS, Clock
from anhu.contract.printable import printable
from anhu.registry.sealing import Sealing
from api.oidc.client_proof import prove
from api.oidc.config import OidcConfig
from api.oidc.errors import OidcError, ProviderDownError
from api.oidc.provider import Doors, Provider
from api.oidc.roles import values_of
from api.oidc.ticket import Ticket, TicketOffice, new_ticket
from api.oidc.tokens import LONGEST_SUBJECT, Leaving, checked_id_token, checked_logout_token
from api.oidc.transport import Transport

T = TypeVar("T")
_logger = logging.getLogger(__name__)
_LOOK_S, _LOOK_WHEN_DOWN_S = 60.0, 15.0
_LONGEST_CODE = 4_096
_LONGEST_NAME = 100


class Leave(NamedTuple):
    """Where the browser goes, and what it keeps meanwhile."""

    url: str
    state: str
    kept: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whom the provider vouches for. Nothing in it is a right; `values` is what rules are asked about."""

    issuer: str
    subject: str
    nonce: str
    values: Sequence[str]
    sid: str = ""
    name: str = ""
    login: str = ""
    language: str = ""


class OidcDoor:
    """The way in by one provider.

    Parameters
    ----------
    sealing : Sealing or None
        Seals what browsers keep; all processes of an installation share its key. None: there is no key, and no way in.
    """

    def __init__(
        self, config: OidcConfig, sealing: Sealing | None, clock: Clock, *, transport: Transport | None = None
    ) -> None:
        self.config = config
        self._clock = clock
        self._transport = transport or Transport()
        self._provider = Provider(config.issuer, self._transport, clock)
        self._office = None if sealing is None else TicketOffice(sealing)
        self._counts: Counter[str] = Counter()
        self.down_since_ms: int | None = None

    async def leave(self, *, following: str, link: str = "") -> Leave:
        """Begin a login. Raises `ProviderDownError`."""
        office, doors = self._opened(), await self._doors()
        ticket = new_ticket(self._clock.now_ms(), following, link)
        asked = {
            "response_type": "code",
            "client_id": self.config.client_id,
            "redirect_uri": self.config.redirect_uri,
            "scope": self.config.scopes,
            "state": ticket.state,
            "nonce": ticket.nonce,
            "code_challenge": ticket.challenge,
            "code_challenge_method": "S256",
        }
        if self.config.prompt:
            asked["prompt"] = self.config.prompt
        self._counts["begun"] += 1
        joined = "&" if "?" in doors.authorization else "?"
        return Leave(f"{doors.authorization}{joined}{urlencode(asked)}", ticket.state, office.seal(ticket))

    def ticket(self, kept: str, state: str) -> Ticket:
        """Return the login to which an answer belongs. Raises `OidcError`."""
        return self._opened().open(kept, state, self._clock.now_ms())

    async def come_back(self, ticket: Ticket, answer: Mapping[str, str]) -> Person:
        """Return whom the provider vouches for. Raises `OidcError`, `ProviderDownError`."""
        doors = await self._doors()
        said = answer.get("iss", self.config.issuer if not doors.says_who else "")
        if said != self.config.issuer:
            raise OidcError("iss", "the answer is another provider's")
        if "error" in answer:
            raise OidcError("denied" if answer["error"] == "access_denied" else "provider", "the provider refused")
        code = answer.get("code", "")
        if not 0 < len(code) <= _LONGEST_CODE:
            raise OidcError("code", "the answer has no code")
        tokens = await self._exchange(doors, ticket, code)
        claims = await checked_id_token(
            tokens.get("id_token"),
            self._provider,
            issuer=self.config.issuer,
            client_id=self.config.client_id,
            nonce=ticket.nonce,
            now_ms=self._clock.now_ms(),
        )
        return await self._person(doors, ticket, claims, tokens.get("access_token"))

    async def leaving(self, token: str) -> Leaving:
        """Return which session ended at the provider. Raises `OidcError`, `ProviderDownError`."""
        return await checked_logout_token(
            token,
            self._provider,
            issuer=self.config.issuer,
            client_id=self.config.client_id,
            now_ms=self._clock.now_ms(),
        )

    async def watch(self) -> None:
        """Ask from time to time whether the provider is there, so that the login page can say so; until cancelled."""
        while True:
            with contextlib.suppress(ProviderDownError):
                await self._noting(self._provider.look())
            await asyncio.sleep(_LOOK_S if self.down_since_ms is None else _LOOK_WHEN_DOWN_S)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._transport.close()

    def count(self, what: str) -> None:
        """Count what became of a login."""
        self._counts[what] += 1

    def counters(self) -> Mapping[str, float]:
        """Return what was counted, and for how long the provider has been silent. [s]."""
        down_ms = 0 if self.down_since_ms is None else max(1, self._clock.now_ms() - self.down_since_ms)
        return {f"oidc_{name}": float(n) for name, n in self._counts.items()} | {"oidc_down_s": down_ms / SECOND_MS}

    def _opened(self) -> TicketOffice:
        if self._office is None:
            raise ProviderDownError("key", "there is no key to seal a login with (identity.key)")
        return self._office

    async def _doors(self) -> Doors:
        return await self._noting(self._provider.doors())

    async def _noting(self, asked: Awaitable[T]) -> T:
        """Note since when the provider is silent."""
        try:
            found = await asked
        except ProviderDownError as error:
            if self.down_since_ms is None:
                self.down_since_ms = self._clock.now_ms()
                _logger.warning("the login provider does not answer: %s", error)
            raise
        if self.down_since_ms is not None:
            _logger.warning("the login provider answers again")
            self.down_since_ms = None
        return found

    async def _exchange(self, doors: Doors, ticket: Ticket, code: str) -> dict[str, Any]:
        proof = prove(self.config, doors.token, self._clock.now_ms())
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.config.redirect_uri,
            "code_verifier": ticket.verifier,
            **proof.form,
        }
        return await self._transport.post(doors.token, form, auth=proof.auth)

    async def _person(self, doors: Doors, ticket: Ticket, claims: dict[str, Any], access_token: object) -> Person:
        values = values_of(claims, self.config.role_claim)
        if values is None and doors.userinfo and isinstance(access_token, str):
            more = await self._transport.get(doors.userinfo, bearer=access_token)
            if more.get("sub") != claims["sub"]:
                raise OidcError("token", "userinfo speaks of somebody else")
            values = values_of(more, self.config.role_claim)
            claims = {**more, **claims}
        return Person(
            issuer=self.config.issuer,
            subject=claims["sub"],
            nonce=ticket.nonce,
            values=tuple(values or ()),
            sid=sid if isinstance(sid := claims.get("sid"), str) and len(sid) <= LONGEST_SUBJECT else "",
            name=_text(claims.get("name")) or _text(claims.get("preferred_username")),
            login=_text(claims.get("preferred_username")),
            language=_text(claims.get("locale")),
        )


def _text(value: object) -> str:
    return printable(value)[:_LONGEST_NAME].strip() if isinstance(value, str) else ""
