"""Reading ahead: while a long backlog is read, calls for help far ahead in it are told at once.

The engine reads the LOG in order, because most rules need it. Some do not: a call for help, a fall that a device
decided by itself, smoke, an event nobody mapped (`Detector.ordered` is False). Their records are looked for ahead of
the engine, and read by an engine of their own that has these detectors only. A record is decoded only if
the name of such an event is in its bytes, so that looking is much faster than reading.

What is found here is found again when the engine comes to it. That raises nothing twice: the episode is open, or it was
closed by a person and the finding lies inside it (`alerts.episodes.findings`). So nothing of this need be kept: after
a crash the lane looks again from the engine's position, and the position is committed by the engine alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from alerts.engine.engine import Engine
from alerts.engine.resident_finding import ResidentFinding
from alerts.rules.detector import Detector
from alerts.unheard import Unheard
from anhu.contract.record import Reading, decode_entry
from anhu.log.port import LogReader, Position

_FAR_BEHIND_BYTES = 1_048_576
MOST_BYTES_A_LOOK = 16 * 1_048_576
SHARED_LOOK_BYTES = 2 * 1_048_576
"""Where other shards wait in the same loop: some tens of milliseconds."""
_CHUNK_RECORDS = 10_000


class ReadAhead:
    """Reads ahead for what cannot wait.

    Parameters
    ----------
    reader : LogReader
        It commits nothing, and stands where the engine does between two looks.
    detectors : sequence of Detector subclasses
        All; those that need the order are left out.
    most_bytes : int
        How far it looks at one go. [byte]
    """

    def __init__(
        self, reader: LogReader, detectors: Sequence[type[Detector]], *, most_bytes: int = MOST_BYTES_A_LOOK
    ) -> None:
        self._reader, self._unheard = reader, Unheard(reader)
        self._most_bytes = most_bytes
        self._seen: Position = 0
        self.found = 0
        """Findings that went ahead since the start."""
        self.use(detectors)

    def use(self, detectors: Sequence[type[Detector]]) -> None:
        """Look with these from now on, in place of others."""
        self._detectors = tuple(d for d in detectors if not d.ordered)
        self._marks = _shortest({quantity.encode() for d in self._detectors for quantity in d.reads})
        self._engine = Engine(self._detectors)

    def look(
        self, position: Position, now_ms: int, *, far_behind_bytes: int = _FAR_BEHIND_BYTES
    ) -> list[ResidentFinding]:
        """Return what is found ahead of the engine's position; nothing when the engine is not far behind. [ms]."""
        self._reader.seek(position)
        if self._reader.backlog_bytes <= far_behind_bytes:
            if self._seen:
                self._seen, self._engine = 0, Engine(self._detectors)
            return []
        self._seen = max(self._seen, position)
        self._reader.seek(self._seen)
        try:
            before, found = self._seen, self._scan()
            self._unheard.look(now_ms, came=self._seen > before)
            if self._reader.backlog_bytes == 0 or self._unheard.is_long:
                found += self._engine.advance(now_ms)
        finally:
            self._reader.seek(position)
        self.found += len(found)
        return found

    def _scan(self) -> list[ResidentFinding]:
        found: list[ResidentFinding] = []
        left_bytes = self._most_bytes
        while left_bytes > 0 and (entries := self._reader.read(_CHUNK_RECORDS)):
            for entry in entries:
                left_bytes -= len(entry.record)
                for mark in self._marks:
                    if mark in entry.record:
                        found += self._feed(entry.record)
                        break
            self._seen = entries[-1].next_position
        return found

    def _feed(self, raw: bytes) -> list[ResidentFinding]:
        try:
            records = decode_entry(raw)
        except msgspec.DecodeError:  # the engine will say so when it comes here
            return []
        return [found for one in records if isinstance(one, Reading) for found in self._engine.feed(one)]


def _shortest(marks: set[bytes]) -> tuple[bytes, ...]:
    """Leave out a mark that holds another: whoever looks for ``fall`` finds ``fall_suspected``."""
    return tuple(sorted(m for m in marks if not any(other in m for other in marks - {m})))
