"""Sends a message to a program on this machine."""

from __future__ import annotations

from typing import ClassVar, Self

import httpx
import msgspec

from anhu.contract.clock import Clock
from anhu.contract.errors import FieldError
from notify.channel import Channel, Delivery, Message, PermanentError, Recipient, RetryableError
from notify.channels.loopback import LoopbackSettings, check_address


class LoopbackChannel(Channel):
    """Posts JSON; nothing leaves the machine."""

    time_limit_s: ClassVar[float] = 5.0

    def __init__(self) -> None:
        self._client = httpx.AsyncClient(timeout=self.time_limit_s, trust_env=False)

    @classmethod
    def from_settings(cls, settings: LoopbackSettings, clock: Clock) -> Self:  # noqa: ARG003 - nothing is decided
        """Make it: there is always a loopback."""
        return cls()

    async def send(self, message: Message, to: Recipient) -> Delivery:
        """Post the message once."""
        try:
            check_address(to.address)
        except FieldError as error:
            raise PermanentError(str(error)) from None
        body = msgspec.json.encode({**message.data, "subject": message.subject, "text": message.text})
        headers = {"Content-Type": "application/json", "Idempotency-Key": message.idempotency_key}
        headers["Connection"] = "close"  # what comes late on it is nobody's answer
        try:
            answer = await self._client.post(to.address, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise RetryableError(f"no answer: {type(error).__name__}") from None
        if answer.is_success:
            return Delivery(detail=f"HTTP {answer.status_code}")
        if answer.is_server_error:
            raise RetryableError(f"HTTP {answer.status_code}")
        raise PermanentError(f"HTTP {answer.status_code}")

    async def close(self) -> None:
        """Close what is open."""
        await self._client.aclose()
