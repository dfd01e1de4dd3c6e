"""A reader whose partition may be somebody else's by now moves no position."""

from __future__ import annotations

import pytest

from anhu.log.guarded import GuardedReader
from tests.parted_log import PartedLog, PartedLogReader


def test_nothing_is_committed_while_it_is_not_sure_whose_the_partition_is() -> None:
    log, sure = PartedLog(1), [True]
    log.put([("c", b"one"), ("c", b"two")])
    reader = GuardedReader(PartedLogReader(log, "ingest", 0), lambda: sure[-1])
    first, second = reader.read()
    reader.commit(first.next_position)
    sure.append(False)
    with pytest.raises(OSError, match="lease"):
        reader.commit(second.next_position)
    assert reader.committed == first.next_position
    assert reader.backlog_bytes == 0
    sure.append(True)
    reader.commit(second.next_position)
    assert PartedLogReader(log, "ingest", 0).committed == second.next_position
