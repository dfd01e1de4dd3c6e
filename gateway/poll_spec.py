"""What a codec declares of a vendor's cloud that has to be asked: how a question is put, and how its answer is read.

A spec is data and pure functions. The door asks, waits, tries again and keeps what it was told last; see `door_specs`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from anhu.contract.errors import AnhuError
from gateway.door_specs import HttpMessage


class PollRefusedError(AnhuError):
    """The cloud says, inside an answer that counts as one, that it does not know us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollAsk:
    """One question.

    Attributes
    ----------
    device_ids : tuple of str
        About whom: as many as `PollSpec.at_once` allows.
    account : str
        Our name with the vendor.
    nonce : str
        Never used before.
    at_ms : int
        Now, UTC. [ms]
    since_ms : int
        When the oldest of their last answers came that are on disk, for clouds that keep a history; 0 before the
        first. [ms]
    """

    device_ids: tuple[str, ...]
    account: str
    secret: str = field(repr=False)
    nonce: str
    at_ms: int
    since_ms: int = 0


class PollRequest(NamedTuple):
    """What is asked for, behind the cloud's address: from its ``/`` on, with the query; a GET."""

    target: str
    headers: Mapping[str, str] = {}

    @property
    def path(self) -> str:
        """The target without its query, in which the signature stands: what may be kept and shown."""
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class PollExample:
    """A question, how it is put, an answer to it, and what that brings."""

    name: str
    ask: PollAsk
    request: PollRequest
    answer: bytes
    messages: tuple[HttpMessage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PollSpec:
    """A family whose vendor's cloud is asked.

    Attributes
    ----------
    address : str
        Where the cloud is, without a slash at the end; a product may name another.
    period_s : float
        How often each device is asked about; a product may say otherwise. [s]
    at_once : int
        About how many devices one question may be.
    request : callable
        ``request(ask)``: how it is put.
    messages : callable
        ``messages(ask, body)``: what the answer says, and of whom; nothing where the cloud has nothing. Raises
        `PollRefusedError` and `anhu.contract.errors.FieldError`.
    position : callable
        ``position(payload)``: what tells a message from the device's one before: its time, its number; empty where
        nothing does. The same again is the cloud's old answer, and nothing that the device said anew.
    examples : tuple of PollExample
        At least one.
    """

    address: str
    period_s: float
    at_once: int = 1
    request: Callable[[PollAsk], PollRequest]
    messages: Callable[[PollAsk, bytes], tuple[HttpMessage, ...]]
    position: Callable[[bytes], str]
    examples: tuple[PollExample, ...]
