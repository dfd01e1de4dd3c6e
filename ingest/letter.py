"""A dead letter: one message that could not be decoded or stored, with its bytes and the reason."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from anhu.contract.record import Reading, Undecoded, encode_record


class Stage(StrEnum):
    """Where a message failed."""

    DECODE = "decode"
    """Its codec refused the payload; `payload` is what the device sent."""
    RECORD = "record"
    """A record of the LOG that this version cannot read; `payload` is the record."""
    CONFLICT = "conflict"
    """Another value for a point that already came; `payload` is a LOG record with those observations."""
    STORE = "store"
    """The store refused it for good; `payload` is a LOG record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """One refused message.

    Attributes
    ----------
    received_at_ms : int
        When the front door had it, UTC. [ms]
    door, route, codec : str
        How the device sent it (as of `gateway.codec.Frame`) and what should have read it; empty after the decode stage.
    retained : bool
        It was a broker's retained copy.
    letter_id : int
        Given by the store; 0 before.
    replayed_at_ms : int or None
        When a replay brought it into the store. [ms]
    """

    stage: Stage
    device_id: str
    resident_id: str
    received_at_ms: int
    reason: str
    payload: bytes
    door: str = ""
    route: str = ""
    retained: bool = False
    codec: str = ""
    letter_id: int = 0
    replayed_at_ms: int | None = None

    @property
    def cause(self) -> bytes:
        """What makes it the same letter when it is read again."""
        parts = (self.stage, self.device_id, str(self.received_at_ms), self.route)
        return hashlib.sha256("\0".join(parts).encode() + b"\0" + self.payload).digest()


class Filter(NamedTuple):
    """Which letters: empty texts mean any, and so does no list of devices or residents; `reason` is how it begins.

    Beside those of `devices` come pushes that named no device, to one of the addresses `pushes` or below it.
    """

    device_id: str = ""
    stage: str = ""
    waiting_only: bool = True
    devices: Sequence[str] | None = None
    residents: Sequence[str] | None = None
    reason: str = ""
    pushes: Sequence[str] = ()


WAITING = Filter()


class LettersQuery(Protocol):
    """Asks for letters; what the pages and the API know of them."""

    def page(self, which: Filter = WAITING, *, before_id: int, limit: int) -> Sequence[DeadLetter]:
        """Return letters older than `before_id`, newest first."""
        ...

    def reasons(self, which: Filter = WAITING, *, limit: int) -> Sequence[tuple[str, str, int, int]]:
        """Return (device, reason, how many, the newest letter's id), the most frequent first."""
        ...


class Letters(LettersQuery, Protocol):
    """Where letters are kept: in a file of this machine, or in the platform's database.

    Methods raise sqlite3.Error or SQLAlchemyError when it cannot be used.
    """

    def put(self, letters: Sequence[DeadLetter]) -> None:
        """Keep letters durably; those already known change nothing."""
        ...

    def page(self, which: Filter = WAITING, *, before_id: int = ..., limit: int = ...) -> Sequence[DeadLetter]:
        """Return letters older than `before_id`, newest first."""
        ...

    def count(self, which: Filter = WAITING) -> int:
        """Return how many letters there are."""
        ...

    def reasons(self, which: Filter = WAITING, *, limit: int = ...) -> Sequence[tuple[str, str, int, int]]:
        """Return (device, reason, how many, the newest letter's id), the most frequent first."""
        ...

    def show(self, letter_id: int) -> DeadLetter | None:
        """Return one letter."""
        ...

    def mark_replayed(self, letter_id: int) -> None:
        """Record that a letter's data is in the store now."""
        ...

    def tidy(self) -> None:
        """Delete what is over the limits."""
        ...

    def forget(self, resident_id: str) -> None:
        """Erase what came of a resident."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...


def undecoded_letter(record: Undecoded) -> DeadLetter:
    """Make the letter of a message that its codec refused."""
    return DeadLetter(
        stage=Stage.DECODE,
        device_id=record.device_id,
        resident_id=record.resident_id,
        received_at_ms=record.received_at_ms,
        reason=record.reason,
        payload=record.payload,
        door=record.door,
        route=record.route,
        retained=record.retained,
        codec=record.codec,
    )


def reading_letter(stage: Stage, reading: Reading, reason: str) -> DeadLetter:
    """Make the letter of a reading that came too late in the line to have its raw bytes."""
    return DeadLetter(
        stage=stage,
        device_id=reading.device_id,
        resident_id=reading.resident_id,
        received_at_ms=reading.received_at_ms,
        reason=reason,
        payload=encode_record(reading),
    )


def letter_of(row: Sequence[Any]) -> DeadLetter:
    """Return what a store's row holds: identity, when it was replayed, and the letter's own columns in their order."""
    letter_id, replayed_at_ms, stage, device_id, resident_id, received_at_ms, *came_by, codec, reason, payload = row
    door, route, retained = came_by
    return DeadLetter(
        stage=Stage(stage),
        device_id=device_id,
        resident_id=resident_id,
        received_at_ms=received_at_ms,
        door=door,
        route=route,
        retained=bool(retained),
        codec=codec,
        reason=reason,
        payload=bytes(payload),
        letter_id=letter_id,
        replayed_at_ms=replayed_at_ms,
    )
