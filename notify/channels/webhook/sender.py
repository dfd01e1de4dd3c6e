"""Webhook: an HTTP POST with a JSON body, signed, with an idempotency key.

The receiver checks ``Anhu-Signature: t=<unix seconds>,v1=<hex>``, where v1 is HMAC-SHA256 with the contact's secret
over ``<t>.<body>``, and answers 2xx. It answers 410 when it wants no more. A redirection is never followed: what is
said of a person goes to the address that somebody entered, and nowhere else. It is told as what it is, and tried again.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Self

import httpx
import msgspec

from anhu.contract.clock import SECOND_MS, Clock
from notify.channel import Channel, Delivery, Message, PermanentError, Recipient, RetryableError
from notify.channels.webhook import WebhookSettings
from notify.outgoing import Outgoing, Reply, retry_after_s

_LONGEST_SHOWN = 200


def signature(secret: str, body: bytes, time_s: int) -> str:
    """Return the value of the signature header."""
    digest = hmac.new(secret.encode(), b"%d.%b" % (time_s, body), hashlib.sha256).hexdigest()
    return f"t={time_s},v1={digest}"


class Webhook(Channel):
    """Posts messages to URLs.

    Parameters
    ----------
    clock : Clock
        For the signature's time.
    allow_private : bool
        Whether URLs may lead into the own network.
    """

    def __init__(self, clock: Clock, *, allow_private: bool) -> None:
        self._clock = clock
        self._allow_private = allow_private
        self._http = Outgoing(self.time_limit_s)

    @classmethod
    def from_settings(cls, settings: WebhookSettings, clock: Clock) -> Self:
        """Make it; it needs no setting."""
        return cls(clock, allow_private=settings.webhook_private)

    async def send(self, message: Message, to: Recipient) -> Delivery:
        """Post the message once; the status is the answer, nobody waits for what may follow it."""
        body = msgspec.json.encode({**message.data, "subject": message.subject, "text": message.text})
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "anhu-webhook/1",
            "Idempotency-Key": message.idempotency_key,
            "Anhu-Signature": signature(to.secret, body, self._clock.now_ms() // SECOND_MS),
        }
        said = await self._http.post(
            to.address, content=body, headers=headers, neighbours=self._allow_private, reads=False
        )
        return self._receipt(said)

    def _receipt(self, said: Reply) -> Delivery:
        status = f"HTTP {said.status}"
        if said.is_success:
            return Delivery(detail=status)
        if said.is_busy:
            raise RetryableError(status, after_s=retry_after_s(said.headers, self._clock.now_ms()))
        if said.is_redirection:
            there = _moved_to(said.headers["location"])
            raise RetryableError(f"{status}: the address has moved to {there}; change the contact")
        raise PermanentError(status)

    async def close(self) -> None:
        """Close what is open."""
        await self._http.close()


def _moved_to(location: str) -> str:
    """Return where a receiver says that it is now, without what may be secret in it."""
    try:
        there = httpx.URL(location)
        shown = f"{there.scheme}://{there.host}{there.path}" if there.is_absolute_url else there.path
    except httpx.InvalidURL:
        shown = "somewhere"
    return shown[:_LONGEST_SHOWN] if shown.isprintable() else "somewhere"
