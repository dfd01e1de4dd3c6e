"""The other end of a channel: a real little server on the loopback that fails, delays, doubles and lies when told."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from types import TracebackType
from typing import Any, ClassVar, NamedTuple, Self

from notify.channel import Channel, Recipient

_POLL_S = 0.01


class Taken(NamedTuple):
    """One message that the other end has, whatever it answered."""

    key: str
    to: str
    subject: str


class FakeServer(ABC):
    """Base of all fakes: ``fake.py`` in the channel's folder defines one. Use it as a context manager.

    Attributes
    ----------
    port : int
        Where it listens; a free one when made with 0.
    delay_s : float
        Wait before answering. [s]
    answers : int
        How often each message is answered: a broken receiver says it twice.
    silent : bool
        Take messages and never answer, until told otherwise or closed.
    """

    joined: ClassVar[int] = 1
    """The demo's order of ports: 0 for those whose addresses the data folders of the first demos hold."""
    has_port: ClassVar[bool] = True
    """Whether it is another program; False: what is sent stays in the database, and the demo has no need of it."""
    port: int
    delay_s: float
    answers: int
    silent: bool

    @abstractmethod
    def __init__(self, port: int = 0) -> None: ...

    @classmethod
    @abstractmethod
    def settings(cls, port: int) -> Any:  # noqa: ANN401 - each channel has settings of its own type
        """Return settings with which the channel reaches a fake on this port."""

    @classmethod
    @abstractmethod
    def address(cls, port: int, name: str) -> str:
        """Return an address of somebody with this name there."""

    @classmethod
    def contacts(cls, port: int, name: str) -> Sequence[Recipient]:
        """Return every kind of address of somebody with this name there, with what signs or encrypts."""
        return (Recipient(address=cls.address(port, name), secret="s3"),)  # noqa: S106 - of nobody

    def attach(self, channel: Channel) -> None:  # noqa: B027 - most channels reach their other end by its port
        """Give a channel what it would get from the process it runs in."""

    @abstractmethod
    def start(self) -> None:
        """Begin to answer."""

    @abstractmethod
    def close(self) -> None:
        """Stop, letting go of what was never answered."""

    @abstractmethod
    def refuse(self, times: int, *, for_good: bool = False) -> None:
        """Refuse the next messages: for now, or for good. It does not keep them."""

    @abstractmethod
    def lie(self, times: int) -> None:
        """Keep the next messages, and say that they were not taken."""

    @abstractmethod
    def taken(self) -> Sequence[Taken]:
        """Return the messages that it has, in order."""

    @abstractmethod
    def came(self) -> int:
        """Return how many messages came, whatever was answered to them."""

    def call_back(self, base_url: str) -> None:  # noqa: B027 - most have nothing to say
        """Call the platform with what became of messages, from now on; most have nothing to say."""

    def wait_for(self, messages: int, timeout_s: float = 10.0) -> bool:
        """Wait until so many messages have come. False when the time ran out. [s]."""
        deadline = time.monotonic() + timeout_s
        while self.came() < messages:
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_S)
        return True

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
