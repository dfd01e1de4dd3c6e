"""What a channel does: it sends one message to one recipient, and says what became of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Self

from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.clock import Clock
from anhu.contract.errors import AnhuError


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message, in the recipient's language, with as little about the person as will do.

    Attributes
    ----------
    idempotency_key : str
        The same for every attempt: a receiver that has seen it has the message already.
    subject, text : str
        For people.
    data : mapping
        The same for programs.
    language : str
        Of the recipient, for the words on buttons.
    reference : str
        A short name of the message, digits, for those who have no room for the key.
    """

    idempotency_key: str
    subject: str
    text: str
    data: Mapping[str, Any]
    language: str = "zh-CN"
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Where a message goes.

    Attributes
    ----------
    address : str
        What the channel needs: a URL, a mail address, a number.
    secret : str
        Signs what is sent, where the channel signs.
    """

    address: str
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What the other side said. Raising nothing means that it took the message."""

    state: Literal["sent", "delivered", "read"] = "sent"
    provider_id: str = ""
    detail: str = ""


class RetryableError(AnhuError):
    """It did not work now; the same message may be taken later.

    Parameters
    ----------
    reason : str
        For the receipt. Never holds a secret.
    after_s : float
        Not before this much time; 0 when the other side did not say. [s]
    """

    def __init__(self, reason: str, *, after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.after_s = after_s


class PermanentError(AnhuError):
    """It will never work: the address is gone, refused or malformed."""


class GoneError(PermanentError):
    """There is nobody at this address any more, the other side says: nothing need be sent there again."""


class Channel(ABC):
    """Base of all channels: ``sender.py`` in the channel's folder defines one."""

    time_limit_s: ClassVar[float] = 10.0
    """An attempt that takes longer has failed for now. [s]"""

    @classmethod
    @abstractmethod
    def from_settings(cls, settings: Any, clock: Clock) -> Self | None:  # noqa: ANN401 - each channel has settings of its own type
        """Make it, or return None when it is not set up."""

    @abstractmethod
    async def send(self, message: Message, to: Recipient) -> Delivery:
        """Send once.

        Raises
        ------
        RetryableError, PermanentError
            And nothing else.
        """

    def use(self, sessions: sessionmaker[Session]) -> None:  # noqa: B027 - most reach their recipients by a network
        """Take the database, where what is sent goes through it."""

    async def try_out(self) -> None:  # noqa: B027 - many go through nothing that could be tried
        """Go as far as a message would, and send none: connection, encryption, login. Raises as `send` does."""

    async def close(self) -> None:  # noqa: B027 - most have nothing to close
        """Let go of connections."""
