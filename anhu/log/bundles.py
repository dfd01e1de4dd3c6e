"""Which records share an entry of the LOG: those that come to the disk together, and never of two partitions.

Every reader of a partition decodes whole entries, so a record of another partition in one would be read by the wrong
reader, and missed by the right one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from anhu.contract.record import bundled
from anhu.log.partition import partition_of
from anhu.log.port import Keyed


def entries_of(records: Sequence[Keyed], partitions: int) -> list[Keyed]:
    """Return the entries to append for records that come to the disk together, in their order within a partition.

    An entry goes by the key of the first record of its partition: it says where the entry lies, and nothing more.
    """
    parts = (records,) if partitions == 1 else _parted(records, partitions)
    return [(part[0][0], entry) for part in parts if part for entry in bundled([record for _, record in part])]


def _parted(records: Sequence[Keyed], partitions: int) -> Iterable[Sequence[Keyed]]:
    parts: dict[int, list[Keyed]] = {}
    for one in records:
        parts.setdefault(partition_of(one[0], partitions), []).append(one)
    return parts.values()
