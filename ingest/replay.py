"""Bringing dead letters into the store once their cause is gone: a better codec, a repaired store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from anhu.contract.errors import FieldError
from anhu.contract.record import LogRecord, Reading, Undecoded, decode_entry
from ingest.letter import DeadLetter, Letters, Stage
from ingest.quality import QualityChecks
from ingest.store.port import StoredReading, StoreWriter

Decode = Callable[[DeadLetter], Sequence[Reading]]
"""Reads a letter's raw payload again, by its codec, with its own received time; raises `FieldError`."""


class Replayed(NamedTuple):
    """What became of one letter: replayed when there is no reason why not."""

    letter_id: int
    reason: str


def replay(letters: Letters, ids: Iterable[int], decode: Decode, store: StoreWriter) -> Iterator[Replayed]:
    """Decode and store letters one by one; those that succeed are marked, the others stay as they are.

    A conflict that is replayed replaces the value that came first: that is what the person asked for.
    """
    for letter_id in ids:
        letter = letters.show(letter_id)
        reason = "no such letter" if letter is None else _replay(letter, decode, store)
        if not reason:
            letters.mark_replayed(letter_id)
        yield Replayed(letter_id, reason)


def _replay(letter: DeadLetter, decode: Decode, store: StoreWriter) -> str:
    try:
        readings = decode(letter) if letter.stage is Stage.DECODE else _kept_readings(letter)
    except (FieldError, msgspec.DecodeError) as error:
        return str(error)
    checks = QualityChecks()
    result = store.write(
        [StoredReading(r.resident_id, r.device_id, r.received_at_ms, checks.check(r).kept) for r in readings]
    )
    return result.reason or "; ".join(reason for _, reason in result.rejected)


def _kept_readings(letter: DeadLetter) -> Sequence[Reading]:
    return [_reading(record, letter) for record in decode_entry(letter.payload)]


def _reading(record: LogRecord, letter: DeadLetter) -> Reading:
    if isinstance(record, Undecoded):
        raise FieldError("payload", letter.payload[:40], "a decoded reading")
    return record.reading()
