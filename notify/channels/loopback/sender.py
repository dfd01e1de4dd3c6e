"""Sends a message to the watcher: a program on this machine, or where the settings say that it is."""

from __future__ import annotations

from typing import ClassVar, Self

import msgspec

from anhu.contract.clock import Clock
from anhu.contract.errors import FieldError
from notify.channel import Channel, Delivery, Message, PermanentError, Recipient, RetryableError
from notify.channels.loopback import LoopbackSettings, check_address, signature
from notify.outgoing import Outgoing


class LoopbackChannel(Channel):
    """Posts JSON, signed; nothing leaves the machine, unless the watcher is on another one."""

    time_limit_s: ClassVar[float] = 5.0

    def __init__(self, elsewhere: str = "") -> None:
        self._elsewhere = elsewhere
        self._outgoing = Outgoing(self.time_limit_s)

    @classmethod
    def from_settings(cls, settings: LoopbackSettings, clock: Clock) -> Self:  # noqa: ARG003 - nothing is timed
        """Make it: there is always a loopback."""
        return cls(settings.loopback_url)

    async def send(self, message: Message, to: Recipient) -> Delivery:
        """Post the message once."""
        try:
            check_address(to.address, self._elsewhere)
        except FieldError as error:
            raise PermanentError(str(error)) from None
        body = msgspec.json.encode({**message.data, "subject": message.subject, "text": message.text})
        headers = {"Content-Type": "application/json", "Idempotency-Key": message.idempotency_key}
        if to.secret:
            headers["Anhu-Signature"] = signature(to.secret, message.idempotency_key, body)
        answer = await self._outgoing.post(to.address, content=body, headers=headers, neighbours=True, reads=False)
        if answer.is_success:
            return Delivery(detail=f"HTTP {answer.status}")
        if answer.is_busy:
            raise RetryableError(f"HTTP {answer.status}")
        raise PermanentError(f"HTTP {answer.status}")

    async def close(self) -> None:
        """Close what is open."""
        await self._outgoing.close()
