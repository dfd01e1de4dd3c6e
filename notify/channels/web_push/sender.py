"""Web push: one encrypted POST to the push service that the browser named (RFC 8030).

The payload says as little of the person as the other channels; the service sees lengths and times, and no text. A later
message about the same alert takes the place of one that is not shown yet (``Topic``) or is (the notification's tag).
"""

from __future__ import annotations

import hashlib
import os
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from anhu.contract.clock import SECOND_MS, Clock
from anhu.contract.errors import FieldError
from anhu.contract.words import text
from notify.channel import Channel, Delivery, GoneError, Message, PermanentError, Recipient, RetryableError
from notify.channels.web_push import WebPushSettings, check_address, refused
from notify.channels.web_push.encryption import LONGEST_BYTES, SALT_BYTES, Keys, encrypted, to_base64url
from notify.channels.web_push.vapid import authorization, private_key
from notify.outgoing import Outgoing, Reply, retry_after_s

_TTL_S = 14_400
"""A phone that comes back after so long must still hear of it; later, the desk has the list. [s]"""
_GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
_TOPIC_BYTES = 24
_LONGEST_REASON = 120
_BUTTON_WORDS = ("take", "taken", "not_taken", "also", "over")
_FAMILY_WORDS = {**dict.fromkeys(("taken", "also"), "noted"), "take": "going", "not_taken": "not_noted", "over": "over"}
"""What a relative's button says, and what became of it: she answers no alarm."""


class WebPush(Channel):
    """Pushes messages.

    Parameters
    ----------
    settings : WebPushSettings
        Key, contact, and which services may be named.
    clock : Clock
        For the signature's end.
    """

    def __init__(self, settings: WebPushSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._key = private_key(settings.web_push_key)
        self._http = Outgoing(self.time_limit_s)

    @classmethod
    def from_settings(cls, settings: WebPushSettings, clock: Clock) -> Self | None:
        """Make it, where there is a key."""
        return cls(settings, clock) if settings.web_push_key else None

    async def send(self, message: Message, to: Recipient) -> Delivery:
        """Push once."""
        self._check(to.address)
        try:
            keys = Keys.of(to.secret)
        except ValueError:
            raise PermanentError("the browser's keys are not usable: enter the device anew") from None
        body = encrypted(
            _payload(message), keys, own=ec.generate_private_key(ec.SECP256R1()), salt=os.urandom(SALT_BYTES)
        )
        said = await self._http.post(
            to.address,
            content=body,
            headers=self._headers(message, to.address),
            neighbours=self._settings.web_push_private,
        )
        return self._receipt(said)

    def _check(self, address: str) -> None:
        try:
            check_address(address)
        except FieldError:
            raise PermanentError("no usable address of a push service") from None
        if expected := refused(self._settings, address):
            raise PermanentError(f"expected {expected.en}")

    def _headers(self, message: Message, address: str) -> dict[str, str]:
        url = urlsplit(address)
        signed = authorization(
            self._key,
            origin=f"{url.scheme}://{url.netloc}",
            contact=self._settings.web_push_contact,
            now_s=self._clock.now_ms() // SECOND_MS,
        )
        digest = hashlib.sha256(_about(message).encode()).digest()
        return {
            "Authorization": signed,
            "Content-Type": "application/octet-stream",
            "Content-Encoding": "aes128gcm",
            "TTL": str(_TTL_S),
            "Urgency": "high" if message.data.get("priority", "high") == "high" else "normal",
            "Topic": to_base64url(digest[:_TOPIC_BYTES]),
        }

    def _receipt(self, said: Reply) -> Delivery:
        status = f"HTTP {said.status}"
        if said.is_success:
            return Delivery(detail=f"{status}, taken by the push service")
        if said.status in _GONE:
            raise GoneError(f"{status}: the device no longer takes pushes; it must be entered anew")
        if said.is_busy:
            raise RetryableError(status, after_s=retry_after_s(said.headers, self._clock.now_ms()))
        raise PermanentError(f"{status}{_reason(said)}")

    async def close(self) -> None:
        """Close what is open."""
        await self._http.close()


def _about(message: Message) -> str:
    return str(message.data.get("alert_id") or message.idempotency_key)


def _payload(message: Message) -> bytes:
    """Return what the service worker shows: `api/web/static/sw.js` reads it."""
    said = [line for line in message.text.split("\n") if "://" not in line]  # links are where one presses
    shown: dict[str, Any] = {
        "key": message.idempotency_key,
        "tag": _about(message),
        "title": message.subject,
        "body": "\n".join(said),
        "link": message.data.get("link", ""),
        "urgent": message.data.get("priority", "high") == "high",
    }
    if answer := message.data.get("answer_link"):
        words = {name: text(f"push.{name}", message.language) for name in _BUTTON_WORDS}
        shown |= {"answer": answer, "what": "acknowledge", **words}
    elif going := message.data.get("going_link"):
        words = {name: text(f"push.{key}", message.language) for name, key in _FAMILY_WORDS.items()}
        shown |= {"answer": going, "what": "on_the_way", **words}
    plain = msgspec.json.encode(shown)
    if len(plain) > LONGEST_BYTES:
        raise PermanentError(f"the message has {len(plain)} bytes, a push at most {LONGEST_BYTES}")
    return plain


def _reason(said: Reply) -> str:
    """Return why a push service refuses us, in its own word: the key, the contact, the size."""
    read = said.json()
    word = str(read.get("reason") or read.get("message") or "")[:_LONGEST_REASON]
    return f": {word}" if word.isprintable() and word else ""
