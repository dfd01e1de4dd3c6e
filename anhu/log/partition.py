"""Which partition of the LOG a record lies in: the same answer in every process, version and language.

Records of one key keep their order; records of different keys may be parted, so that many machines share a city. The
number of partitions is fixed for the life of a LOG: with another number a key would lie somewhere else.
"""

from __future__ import annotations

import zlib


def partition_of(key: str, count: int) -> int:
    """Return the partition of a key, 0 to count - 1: the CRC-32 (IEEE 802.3) of its UTF-8 bytes modulo the count.

    So does librdkafka's partitioner ``consistent``: ``c-1`` lies in 2 of 4 and in 14 of 16, ``社区-1`` in 2 of 4 and
    in 6 of 16.

    Parameters
    ----------
    key : str
        As `anhu.registry.partition_key` makes it.
    count : int
        How many partitions the LOG has, at least 1.
    """
    return zlib.crc32(key.encode()) % count if count > 1 else 0


def consumer_name(base: str, partition: int, partitions: int) -> str:
    """Name the reader of one partition: ``ingest`` where there is only one, else ``ingest-3``.

    Raises
    ------
    ValueError
        If there is no such partition.
    """
    if not 0 <= partition < partitions:
        raise ValueError(f"partition: got {partition}, expected 0 to {partitions - 1}")
    return base if partitions == 1 else f"{base}-{partition}"
