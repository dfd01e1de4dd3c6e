"""What many partitions count is summed once, and not forgotten when one of them leaves."""

from __future__ import annotations

from app.processes.shard_counters import ShardCounters


def test_sums_the_greatest_times_and_each_backlog() -> None:
    counters = ShardCounters()
    counters.add(0, lambda: {"readings": 5.0, "newest_received_ms": 30.0, "backlog_bytes": 7.0, "watched": 2.0})
    counters.add(3, lambda: {"readings": 2.0, "newest_received_ms": 20.0, "backlog_bytes": 1.0, "watched": 1.0})
    assert counters.together() == {
        "readings": 7.0,
        "newest_received_ms": 30.0,
        "backlog_bytes": 8.0,
        "backlog_bytes_0": 7.0,
        "backlog_bytes_3": 1.0,
        "watched": 3.0,
    }
    counters.remove(0)
    assert counters.together() == {
        "readings": 7.0,
        "newest_received_ms": 20.0,
        "backlog_bytes": 1.0,
        "backlog_bytes_3": 1.0,
        "watched": 1.0,
    }


def test_that_one_left_while_it_heard_nothing_is_no_trouble_of_the_others() -> None:
    counters = ShardCounters()
    counters.add(0, lambda: {"log_away_ms": 90_000.0, "log_unheard_s": 90.0, "log_dropped_unread": 2.0})
    counters.add(1, lambda: {"log_away_ms": 0.0, "log_unheard_s": 0.5, "log_dropped_unread": 0.0})
    assert counters.together()["log_away_ms"] == 90_000.0
    counters.remove(0)
    assert counters.together() == {"log_away_ms": 0.0, "log_unheard_s": 0.5, "log_dropped_unread": 2.0}


def test_one_that_was_never_there_leaves_nothing() -> None:
    counters = ShardCounters()
    counters.remove(1)
    assert counters.together() == {}
