"""From LOG records to a batch: what goes to the store, what to the dead letters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from anhu.contract.identity import child_device_id
from anhu.contract.record import LogRecord, Numbers, Reading, Undecoded, decode_entry
from anhu.log.port import Entry, Position
from ingest.letter import DeadLetter, Stage, reading_letter, undecoded_letter
from ingest.quality import QualityChecks
from ingest.store.port import Stored, StoredReading

_CONFLICT = "another value for a device, quantity and time that came before; the first one stands"


@dataclass(slots=True)
class Batch:
    """What lies between two positions of the LOG."""

    end: Position
    records: int = 0
    readings: list[Stored] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)


class BatchBuilder:
    """Decodes records and runs the quality checks over them, in the order of the LOG.

    Attributes
    ----------
    counts : Counter
        ``duplicates``, ``conflicts`` and ``undecoded`` since the start.
    """

    def __init__(self, checks: QualityChecks | None = None) -> None:
        self._checks = checks or QualityChecks()
        self.counts: Counter[str] = Counter()

    def build(self, entries: Sequence[Entry]) -> Batch:
        """Make a batch of entries, at least one."""
        batch = Batch(entries[-1].next_position)
        for entry in entries:
            try:
                records = decode_entry(entry.record)
            except msgspec.DecodeError as error:
                batch.letters.append(_unreadable(entry, str(error)))
                batch.records += 1
                self.counts["undecoded"] += 1
                continue
            batch.records += len(records)
            for record in records:
                self._add(record, batch)
        return batch

    def _add(self, record: LogRecord, batch: Batch) -> None:
        if isinstance(record, Numbers):
            if self._checks.passes(record):
                batch.readings.append(record)
            else:
                self._check(record.reading(), batch)
        elif isinstance(record, Undecoded):
            batch.letters.append(undecoded_letter(record))
            self.counts["undecoded"] += 1
        else:
            self._check(record, batch)

    def _check(self, record: Reading, batch: Batch) -> None:
        memory = record
        if not record.resident_id and (source := record.observations[0].source):
            # of nobody yet: kept under the name that it would have, and no repetition of it once it is somebody's
            memory = msgspec.structs.replace(record, device_id=f"{record.device_id} {source}")
            record = msgspec.structs.replace(record, device_id=child_device_id(record.device_id, source))
        kept, duplicates, conflicts = self._checks.check(memory)
        if duplicates:
            self.counts["duplicates"] += duplicates
        if conflicts:
            self.counts["conflicts"] += len(conflicts)
            other = msgspec.structs.replace(record, observations=conflicts)
            batch.letters.append(reading_letter(Stage.CONFLICT, other, _CONFLICT))
        if kept:
            batch.readings.append(StoredReading(record.resident_id, record.device_id, record.received_at_ms, kept))


def refused_letter(reading: Stored, reason: str) -> DeadLetter:
    """Make the letter of a reading that the store refused for good."""
    record = Reading(reading.device_id, reading.resident_id, reading.received_at_ms, reading.observations)
    return reading_letter(Stage.STORE, record, reason)


def _unreadable(entry: Entry, error: str) -> DeadLetter:
    """Make the letter of a record that this version cannot read: of no known device or time."""
    return DeadLetter(
        stage=Stage.RECORD,
        device_id="",
        resident_id="",
        received_at_ms=0,
        reason=f"record before position {entry.next_position}: {error}",
        payload=entry.record,
    )
