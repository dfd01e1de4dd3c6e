"""Webhook: an HTTP POST with a JSON body, signed, with an idempotency key.

The receiver checks ``Anhu-Signature: t=<unix seconds>,v1=<hex>``, where v1 is HMAC-SHA256 with the contact's secret
over ``<t>.<body>``, and answers 2xx. It answers 410 when it wants no more. A redirection is never followed: what is
said of a person goes to the address that somebody entered, and nowhere else. It is told as what it is, and tried again.
"""

from __future__ import annotations

import hashlib
import hmac
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Self

import httpx
import msgspec

from anhu.contract.clock import SECOND_MS, Clock
from notify.addresses import AddressRefusedError, checked_address
from notify.channel import Channel, Delivery, Message, PermanentError, Recipient, RetryableError
from notify.channels.webhook import DEFAULT_PORTS, WebhookSettings

_RETRYABLE = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
_LONGEST_WAIT_S = 900.0
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
        # No connection is used twice: a receiver that answers twice would answer for the next message, unread.
        self._client = httpx.AsyncClient(
            timeout=self.time_limit_s,
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    @classmethod
    def from_settings(cls, settings: WebhookSettings, clock: Clock) -> Self:
        """Make it; it needs no setting."""
        return cls(clock, allow_private=settings.webhook_private)

    async def send(self, message: Message, to: Recipient) -> Delivery:
        """Post the message once."""
        try:
            request = await self._request(message, to)
            response = await self._client.send(request, stream=True)
            await response.aclose()  # the status is the answer; nobody waits for what may follow it
        except AddressRefusedError as error:
            raise PermanentError(str(error)) from None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise PermanentError(f"no usable URL: {type(error).__name__}") from None
        except (httpx.HTTPError, OSError) as error:
            raise RetryableError(f"no answer: {type(error).__name__}") from None
        return self._receipt(response)

    async def _request(self, message: Message, to: Recipient) -> httpx.Request:
        url = httpx.URL(to.address)
        if url.scheme not in DEFAULT_PORTS or not url.host:
            raise PermanentError("a webhook needs an http or https URL")
        port = url.port or DEFAULT_PORTS[url.scheme]
        address = await checked_address(url.host, port, allow_private=self._allow_private)
        body = msgspec.json.encode({**message.data, "subject": message.subject, "text": message.text})
        headers = {
            "Host": url.netloc.decode("ascii"),
            "Content-Type": "application/json",
            "User-Agent": "anhu-webhook/1",
            "Idempotency-Key": message.idempotency_key,
            "Anhu-Signature": signature(to.secret, body, self._clock.now_ms() // SECOND_MS),
        }
        pinned = url.copy_with(host=address)
        certificate_for = {"sni_hostname": url.host} if url.scheme == "https" else {}
        return self._client.build_request("POST", pinned, content=body, headers=headers, extensions=certificate_for)

    def _receipt(self, response: httpx.Response) -> Delivery:
        status = response.status_code
        if response.is_success:
            return Delivery(detail=f"HTTP {status}")
        if status in _RETRYABLE or response.is_server_error:
            raise RetryableError(f"HTTP {status}", after_s=self._retry_after_s(response))
        if response.has_redirect_location:
            raise RetryableError(f"HTTP {status}: the address has moved to {_moved_to(response)}; change the contact")
        raise PermanentError(f"HTTP {status}")

    def _retry_after_s(self, response: httpx.Response) -> float:
        asked = response.headers.get("retry-after", "")
        try:
            at_s = parsedate_to_datetime(asked).timestamp() if not asked.isdecimal() else None
        except ValueError:
            return 0.0
        after_s = float(asked) if at_s is None else at_s - self._clock.now_ms() / SECOND_MS
        return min(max(after_s, 0.0), _LONGEST_WAIT_S)

    async def close(self) -> None:
        """Close what is open."""
        await self._client.aclose()


def _moved_to(response: httpx.Response) -> str:
    """Return where a receiver says that it is now, without what may be secret in it."""
    try:
        there = httpx.URL(response.headers["location"])
        shown = f"{there.scheme}://{there.host}{there.path}" if there.is_absolute_url else there.path
    except httpx.InvalidURL:
        shown = "somewhere"
    return shown[:_LONGEST_SHOWN] if shown.isprintable() else "somewhere"
