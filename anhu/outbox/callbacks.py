"""Calls of providers: what came, what the provider wants to hear, and the line in which they wait.

`api` takes a call, keeps it before it answers, and knows nothing of what it means; `notify` applies it. A channel that
is called brings what reads its provider's calls (`CallbackReader`); the roof hands it to both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from anhu.outbox.callback_tables import Callback

MOST_WAITING = 20_000
"""Calls that may wait to be applied: more are refused with 503, and providers say them again."""


class ProviderCall(NamedTuple):
    """One call as it came.

    Attributes
    ----------
    method : str
        ``GET`` or ``POST``.
    query, headers : mapping
        By name, headers in lower case.
    """

    method: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


class ProviderReply(NamedTuple):
    """What the provider wants to hear.

    Attributes
    ----------
    keep : bool
        Whether the call says something; False for one that only tries the address, or is not believed.
    """

    status: int
    media_type: str
    body: bytes
    keep: bool


class CallbackReader(Protocol):
    """What `api` needs of a channel that is called by its provider."""

    @property
    def secret(self) -> str:
        """The last part of the address that the provider was given; empty: nobody may call."""

    def reply(self, call: ProviderCall) -> ProviderReply:
        """Return what to answer, at once and without asking anybody. Raises nothing."""


def keep(session: Session, channel: str, call: ProviderCall, *, address: str, now_ms: int) -> bool:
    """Keep a call for the dispatcher; False when too many wait already. [ms]."""
    waiting = select(func.count()).select_from(
        select(Callback.id).where(Callback.due_at_ms.is_not(None)).limit(MOST_WAITING).subquery()
    )
    if (session.scalar(waiting) or 0) >= MOST_WAITING:
        return False
    session.add(
        Callback(
            channel=channel,
            at_ms=now_ms,
            call={"method": call.method, "query": dict(call.query), "headers": dict(call.headers)},
            body=call.body,
            address=address[:64],
            due_at_ms=now_ms,
        )
    )
    return True


def kept(row: Callback) -> ProviderCall:
    """Return a call as it came."""
    return ProviderCall(row.call["method"], row.call["query"], row.call["headers"], row.body)
