"""Who speaks and is not registered, and the port through which what they say is written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from anhu.contract.errors import FieldError
from anhu.contract.identity import child_device_id
from anhu.contract.identity import device_id as checked_device_id
from anhu.contract.proxies import address_group
from gateway.codec import Frame
from gateway.group_commit import Done

MOST_SAID_CHARS = 200
MOST_SOURCE_CHARS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """Who speaks and is not registered.

    Attributes
    ----------
    said : str
        How it calls itself: IMEI, serial number, topic.
    codec : str
        Of the family that it seems to be of; empty: none can be told.
    product_id : str
        Whose vendor's cloud brought it, and proved to be that; empty: it came by itself.
    address : str
        From where.
    """

    said: str
    codec: str = ""
    product_id: str = ""
    address: str = ""

    @property
    def device_id(self) -> str:
        """The identity that it would be registered under."""
        try:
            return checked_device_id(self.said)
        except FieldError:
            return child_device_id("stranger", self.said[:MOST_SAID_CHARS])

    def source(self, door: str) -> str:
        """Return whose share of the room it takes."""
        mine = f"product {self.product_id}" if self.product_id else address_group(self.address) or door
        return mine[:MOST_SOURCE_CHARS]


class Held(NamedTuple):
    """A message to be kept."""

    stranger: Stranger
    frame: Frame
    is_call: bool
    done: Done
    token: Any


class PassedBy(NamedTuple):
    """Messages of one source that were not kept. [ms]."""

    source: str
    messages: int
    last_said: str
    last_ms: int


class StrangerRegister(Protocol):
    """Where strangers are written down. Calls may block."""

    def write(self, held: Sequence[Held], passed: Sequence[PassedBy]) -> Sequence[bool]:
        """Keep messages durably; return for each whether there was room."""
        ...

    def tidy(self, now_ms: int) -> None:
        """Delete what is too old. [ms]."""
        ...
