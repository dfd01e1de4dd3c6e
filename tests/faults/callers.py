"""Residents who may call for help, and what became of their calls."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from notify.channels.webhook.fake import Call as PageCall
from notify.channels.webhook.fake import WebhookServer
from simulators.credential import Credential
from tests.faults import doctor
from tests.faults.ledger import Call, Ledger
from tests.faults.senders import Sender
from tests.faults.speech import Speech

RECOVERY_S = 240.0
Until = Callable[[Callable[[], object], str, float], Coroutine[Any, Any, None]]


class Callers:
    """Devices that nobody has used yet, each of a resident of its own.

    Parameters
    ----------
    credentials : sequence of Credential
        Enrolled devices; each is given away once.
    port : int
        Where devices connect.
    speech : Speech
        How they speak.
    """

    def __init__(
        self,
        credentials: Sequence[Credential],
        port: int,
        ledger: Ledger,
        rng: random.Random,
        *,
        pages: WebhookServer,
        speech: Speech,
    ) -> None:
        self._free = list(credentials)
        self._port, self._ledger, self._rng, self._doctor = port, ledger, rng, pages
        self._speech = speech

    def sender(self, credential: Credential, port: int | None = None) -> Sender:
        """Return a started device whose readings count; it connects where all do, or to something between."""
        sender = Sender(credential, port or self._port, self._speech)
        self._ledger.senders.append(sender)
        sender.start()
        return sender

    def registered_sender(self) -> Sender:
        """Return a device whose readings count, and which never connects itself."""
        sender = Sender(self._free.pop(), self._port, self._speech)
        self._ledger.senders.append(sender)
        return sender

    def throwaway_credential(self) -> Credential:
        """Return a registered device that nobody else is."""
        return self._free.pop()

    def throwaway_sender(self) -> Sender:
        """Return a device of which nothing is expected; the caller stops it."""
        sender = Sender(self.throwaway_credential(), self._port, self._speech)
        sender.start()
        return sender

    async def call_for_help(self, *, answer: bool | None = None) -> Call:
        """Have a resident press the button, sometimes twice; the device sees to it that it gets through."""
        return await self.call_by(self.sender(self._free.pop()), answer=answer)

    async def call_by(self, sender: Sender, *, answer: bool | None = None) -> Call:
        """Have the resident of a device call for help with it."""
        payload = await sender.call_for_help()
        if self._rng.random() < 0.3:
            await sender.say_again(payload)
        will = self._rng.random() < 0.5 if answer is None else answer
        call = Call(sender, payload, time.monotonic(), will)
        self._ledger.calls.append(call)
        return call

    def paged(self, call: Call) -> bool:
        """Tell whether a page about a call for help was taken."""
        return any(doctor.taken(page) for page in self.pages(call))

    def pages(self, call: Call) -> list[PageCall]:
        """Return every try of every page about a call for help."""
        return doctor.pages_of(self._doctor.calls, call.sender.resident_id)

    async def recovers(self, until: Until, within_s: float = RECOVERY_S) -> float:
        """Show that a new call for help goes all the way, with nobody's hand; return how long it took. [s]."""
        call = await self.call_for_help()
        await until(lambda: self.paged(call), f"{call.sender.resident_id}'s call reaches the doctor", within_s)
        return time.monotonic() - call.sent_s
