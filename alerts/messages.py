"""What the engine is fed of an entry of the LOG."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence

import msgspec

from anhu.contract.record import Numbers, Reading, Undecoded, decode_entry
from anhu.log.port import Entry

_LOG = logging.getLogger(__name__)


def messages_of(entry: Entry, counts: Counter[str]) -> Sequence[Reading | Numbers]:
    """Return the decoded messages of an entry; ``undecoded`` and ``unreadable_records`` are counted and passed by."""
    try:
        records = decode_entry(entry.record)
    except msgspec.DecodeError:
        counts["unreadable_records"] += 1
        _LOG.exception("the record before position %d cannot be read", entry.next_position)
        return ()
    decoded = [record for record in records if not isinstance(record, Undecoded)]
    counts["undecoded"] += len(records) - len(decoded)
    return decoded
