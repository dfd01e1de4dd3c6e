"""What the browser keeps between leaving for the provider and coming back: sealed, for ten minutes, one a login.

Nothing is kept here, so nobody fills anything up by leaving and not coming back. The ticket binds the answer to the
browser that asked; a nonce that was used is refused by the database.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import asdict, dataclass
from typing import Any

import msgspec

from anhu.contract.clock import MINUTE_MS
from anhu.registry.sealing import Sealing, WrongKeyError
from api.oidc.errors import OidcError

LASTS_MS = 10 * MINUTE_MS
MOST_TICKETS = 4
"""How many logins one browser may have begun."""
_BYTES = 32
_LONGEST = 3_500
_NAME_CHARACTERS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One login that was begun.

    Attributes
    ----------
    following : str
        Where to go afterwards.
    link : str
        Whose account is to be linked, by a session whose digest follows a space; empty: somebody logs in.
    """

    state: str
    nonce: str
    verifier: str
    begun_ms: int
    following: str = ""
    link: str = ""

    @property
    def challenge(self) -> str:
        """What the provider is told of the verifier (PKCE, S256)."""
        return _plain_base64(hashlib.sha256(self.verifier.encode()).digest())


def new_ticket(now_ms: int, following: str, link: str) -> Ticket:
    """Make one."""
    state, nonce, verifier = (_plain_base64(secrets.token_bytes(_BYTES)) for _ in range(3))
    return Ticket(state=state, nonce=nonce, verifier=verifier, begun_ms=now_ms, following=following[:1_000], link=link)


def cookie_suffix(state: str) -> str:
    """Return by what the cookie of a login is told from those of others in the same browser."""
    return hashlib.sha256(state.encode()).hexdigest()[:_NAME_CHARACTERS]


class TicketOffice:
    """Seals tickets and opens them."""

    def __init__(self, sealing: Sealing) -> None:
        self._sealing = sealing

    def seal(self, ticket: Ticket) -> str:
        """Return what the browser keeps."""
        sealed = self._sealing.seal(msgspec.json.encode(asdict(ticket)), _whose(ticket.state))
        return base64.urlsafe_b64encode(sealed).decode()

    def open(self, kept: str, state: str, now_ms: int) -> Ticket:
        """Return the ticket of this state. Raises `OidcError` for another's, a changed and an old one."""
        try:
            sealed = base64.urlsafe_b64decode(kept[:_LONGEST])
            found: dict[str, Any] = msgspec.json.decode(self._sealing.open(sealed, _whose(state), "the ticket"))
        except (WrongKeyError, binascii.Error, ValueError):
            raise OidcError("state", "the browser's ticket does not fit") from None
        ticket = Ticket(**found)
        if not hmac.compare_digest(ticket.state, state) or not 0 <= now_ms - ticket.begun_ms <= LASTS_MS:
            raise OidcError("state", "the browser's ticket is too old")
        return ticket


def _whose(state: str) -> str:
    return f"oidc:{state}"


def _plain_base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
