"""What the poller is given: whom to ask with which credentials, how to reach them, what it was told last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol

from anhu.contract.errors import AnhuError


class Trouble(StrEnum):
    """Why a cloud was not understood."""

    UNREACHABLE = "unreachable"
    """No answer: no such host, closed, broken off, a certificate that is not its own."""
    SLOW = "slow"
    """No whole answer in time."""
    CREDENTIALS = "credentials"
    """It does not know us."""
    BUSY = "busy"
    """It says itself that it has too much to do, or is broken."""
    REDIRECTED = "redirected"
    """It names another address; nobody follows."""
    ADDRESS = "address"
    """The address is none, or one inside the own network."""
    SECRET = "secret"  # noqa: S105 - a word, and no secret
    """The installation's key does not open the secret."""
    STATUS = "status"
    """It refuses the question."""
    TOO_LONG = "too_long"
    """An answer without end."""
    NONSENSE = "nonsense"
    """An answer that the family's cloud does not give, or about somebody else."""


OF_ONE_QUESTION = frozenset({Trouble.STATUS, Trouble.NONSENSE, Trouble.TOO_LONG})
"""What may be the fault of one device's answer: the others are asked all the same."""


class PollError(AnhuError):
    """A question without a good answer.

    Parameters
    ----------
    wait_s : float
        How long the cloud asks us to wait; 0 when it does not say. [s]
    body : bytes
        The answer, where it came and cannot be read: a call may stand in it.
    """

    def __init__(self, trouble: Trouble, detail: str = "", *, wait_s: float = 0.0, body: bytes = b"") -> None:
        super().__init__(f"{trouble.value}: {detail}" if detail else trouble.value)
        self.trouble, self.wait_s, self.body = trouble, wait_s, body


class Getter(Protocol):
    """Reaches the outside: no redirection, no address of a neighbour, no answer without end."""

    async def get(self, address: str, headers: Mapping[str, str], *, most_bytes: int, limit_s: float) -> bytes:
        """Return the body of a 200. Raises `PollError`; the address is in no message. [s]."""
        ...

    async def close(self) -> None:
        """Close what is open."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PolledProduct:
    """A product whose vendor's cloud is asked.

    Attributes
    ----------
    address : str
        Empty: its family's own.
    secret : str
        Empty where ours to open it is missing.
    period_s : float
        0: its family's own. [s]
    """

    product_id: str
    codec: str
    account: str
    secret: str = field(repr=False)
    address: str = ""
    period_s: float = 0.0


class PollState(NamedTuple):
    """What is known of a product's cloud, or with a device of what it says of that one.

    Attributes
    ----------
    device_id : str
        Empty: of the cloud as a whole.
    answered_at_ms : int
        When the last good answer was on disk; 0 before the first. [ms]
    failing_since_ms : int
        When the first question of those that came to nothing since was put; 0: the last one was answered. [ms]
    failure : str
        Why, as it may be shown.
    known : tuple of str
        Marks of the last messages, the newest at the end.
    """

    product_id: str
    device_id: str = ""
    answered_at_ms: int = 0
    failing_since_ms: int = 0
    failure: str = ""
    known: tuple[str, ...] = ()


class PollRegister(Protocol):
    """Where it stands whom to ask, and what came of it. Calls may block."""

    def products(self, codecs: Sequence[str]) -> Mapping[str, PolledProduct]:
        """Return the products of these families that are to be asked about."""
        ...

    def devices(self, product_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Return the enabled devices of products."""
        ...

    def states(self) -> Sequence[PollState]:
        """Return what was written."""
        ...

    def write(self, states: Sequence[PollState]) -> None:
        """Write what is new."""
        ...
