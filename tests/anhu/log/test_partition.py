"""Which partition a key lies in, and what its readers are called."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anhu.log.partition import consumer_name, partition_of

VECTORS = {
    "": (0, 0, 0, 0),
    "123456789": (0, 2, 6, 62),
    "c-1": (0, 2, 14, 98),
    "r-0001": (0, 0, 4, 80),
    "社区-1": (0, 2, 6, 46),
}
COUNTS = (1, 4, 16, 100)


@pytest.mark.parametrize("key", VECTORS)
def test_a_key_lies_where_every_version_and_language_puts_it(key: str) -> None:
    assert tuple(partition_of(key, count) for count in COUNTS) == VECTORS[key]


def test_another_process_gives_the_same_answer() -> None:
    code = "from anhu.log.partition import partition_of; print([partition_of(f'c-{n}', 7) for n in range(50)])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert told.stdout.strip() == str([partition_of(f"c-{n}", 7) for n in range(50)])


@given(st.text(), st.integers(1, 1_000))
def test_every_key_lies_in_one_of_the_partitions(key: str, count: int) -> None:
    assert 0 <= partition_of(key, count) < count


@pytest.mark.parametrize("name", ["c-%d", "centre-%04d", "31010%d"])
def test_the_centres_of_a_city_are_spread_evenly(name: str) -> None:
    centres = Counter(partition_of(name % n, 16) for n in range(800))
    assert max(centres.values()) <= 60
    assert min(centres.values()) >= 40


def test_the_reader_of_the_only_partition_keeps_the_name_it_always_had() -> None:
    assert consumer_name("ingest", 0, 1) == "ingest"
    assert [consumer_name("ingest", n, 3) for n in range(3)] == ["ingest-0", "ingest-1", "ingest-2"]


@pytest.mark.parametrize(("partition", "partitions"), [(1, 1), (-1, 4), (4, 4), (0, 0)])
def test_a_partition_that_is_not_there_has_no_reader(partition: int, partitions: int) -> None:
    with pytest.raises(ValueError, match="partition: got"):
        consumer_name("ingest", partition, partitions)
