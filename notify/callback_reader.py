"""What a provider's call says, in our words: a receipt, or an answer. A channel that is called has one reader."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from anhu.contract.errors import AnhuError
from anhu.outbox.callbacks import ProviderCall, ProviderReply

_logger = logging.getLogger(__name__)
_SHORTEST_SECRET = 16

Answer = Literal["acknowledge", "on_the_way", "cannot"]


def believable(secret: str, channel: str) -> str:
    """Return a secret that nobody guesses; one that is too short is none: then nobody may call, and the log says so."""
    if 0 < len(secret) < _SHORTEST_SECRET:
        shortest = f"{_SHORTEST_SECRET} characters"
        _logger.error("the callback secret of channel %s is shorter than %s: no call is believed", channel, shortest)
        return ""
    return secret


class UnreadableCallError(AnhuError):
    """Nobody can say what a call means: it is kept, counted and shown, and not looked at again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One thing that a provider says. It names the message by our key, else by its own, else the number by whom.

    Attributes
    ----------
    key : str
        The message's idempotency key, or its short reference, where the provider gives it back.
    provider_id : str
        What the provider called it when it took it; it may come before that answer does.
    address : str
        Who replied, as the channel's contacts name him.
    spelt : tuple of str
        How else contacts may have written that.
    state : {"", "delivered", "read", "failed"}
        What became of the message; empty: nothing new.
    again_after_s : float, optional
        Of a failed one: it may be tried again, not before this; None: never. [s]
    answer : {"", "acknowledge", "on_the_way", "cannot"}
        What the recipient says; empty: nothing.
    minutes : int, optional
        On the way: how long it will take. [min]
    code : str
        Which alarm a reply names; empty: none.
    text : str
        The reply as it came.
    detail : str
        For the receipt.
    event : str
        What the provider calls this very reply or key: said twice, it is one.
    """

    key: str = ""
    provider_id: str = ""
    address: str = ""
    spelt: tuple[str, ...] = ()
    state: Literal["", "delivered", "read", "failed"] = ""
    again_after_s: float | None = None
    answer: Answer | Literal[""] = ""
    minutes: int | None = None
    code: str = ""
    text: str = ""
    detail: str = ""
    event: str = ""


class CallbackReader(ABC):
    """Base of all readers. It asks nobody: what it needs stands in the settings."""

    @property
    @abstractmethod
    def secret(self) -> str:
        """The last part of the address that the provider was given; empty: nobody may call."""

    @abstractmethod
    def reply(self, call: ProviderCall) -> ProviderReply:
        """Return what to answer, at once. Raises nothing: what cannot be read is answered so."""

    @abstractmethod
    def news(self, call: ProviderCall) -> Sequence[News]:
        """Return what a call says, in its order. Raises `UnreadableCallError`."""
