"""Calls of providers: kept before they are answered; what they mean is the dispatcher's business."""

from __future__ import annotations

import hmac

from anhu.outbox.callbacks import CallbackReader, ProviderCall, ProviderReply, keep
from api.dependencies import Dependencies
from api.errors import NotFoundError, UnavailableError


def reader_of(deps: Dependencies, channel: str, secret: str) -> CallbackReader:
    """Return what reads a channel's calls. Raises `NotFoundError` for a wrong secret as for a channel without any."""
    reader = deps.callbacks.get(channel)
    right = reader.secret if reader is not None else ""
    if reader is None or not right or not hmac.compare_digest(secret.encode(), right.encode()):
        deps.callbacks_taken.note("strange")
        raise NotFoundError("no such address")
    return reader


def take(
    deps: Dependencies, channel: str, reader: CallbackReader, call: ProviderCall, *, address: str
) -> ProviderReply:
    """Keep a call and return what the provider wants to hear. Raises `UnavailableError` when too many wait."""
    reply = reader.reply(call)
    if not reply.keep:
        deps.callbacks_taken.note("refused" if reply.status >= 400 else "tried")  # noqa: PLR2004 - HTTP
        return reply
    with deps.sessions.begin() as session:
        kept = keep(session, channel, call, address=address, now_ms=deps.clock.now_ms())
    deps.callbacks_taken.note("taken" if kept else "full")
    if not kept:
        raise UnavailableError("too many calls wait to be applied", retry_after_s=30)
    return reply
