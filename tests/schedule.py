"""How the tests are shared out among the processes of one run: what waits longest begins first."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest
from xdist.scheduler import LoadScopeScheduling

_LONGEST_FIRST = (
    "tests/faults/",
    "tests/smoke/",
    "tests/api/test_city_plans.py",
    "tests/api/web/",
    "tests/conformance/",
    "tests/notify/",
    "tests/alerts/",
    "tests/api/",
)
_EACH_BY_ITSELF = ("tests/faults/",)
"""Tests that start an installation of their own and share nothing with the other tests of their file."""
_ONE_AFTER_ANOTHER = (
    "tests/smoke/test_city_heartbeat.py",
    "tests/smoke/test_kafka_log.py",
    "tests/smoke/test_shards.py",
    "tests/smoke/test_two_dispatchers.py",
    "tests/smoke/test_two_doors.py",
    "tests/alerts/test_without_kafka.py",
    "tests/anhu/log/kafka/",
)
"""Tests of a city: two at once would be forty processes on as few as two cores, and wait for each other."""
_MORE_THAN_CORES = 1
"""Installations, browsers and brokers are waited for; more of them at once wait for each other."""
_MEMORY_A_PROCESS_BYTES = 1.5e9
"""A process of the run with what its tests start: browser, InfluxDB, PostgreSQL, an installation."""


def process_count() -> int:
    """Return how many processes this machine can use for tests and can hold."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(1, min(cores + _MORE_THAN_CORES, int(memory / _MEMORY_A_PROCESS_BYTES)))


def longest_first(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return the tests in the order in which they begin; those of one file stay together."""
    return sorted(items, key=lambda item: _place(item.nodeid))


def _place(nodeid: str) -> int:
    return next((n for n, start in enumerate(_LONGEST_FIRST) if nodeid.startswith(start)), len(_LONGEST_FIRST))


def files_together(config: pytest.Config, log: object) -> LoadScopeScheduling:
    """Return what gives a process one file after another, in the order of the collection, and campaigns singly."""
    config.option.loadscopereorder = False  # ours has an order already
    made = LoadScopeScheduling(config, log)
    made._split_scope = _shared_with
    return made


def _shared_with(nodeid: str) -> str:
    if nodeid.startswith(_ONE_AFTER_ANOTHER):
        return "a city"
    return nodeid if nodeid.startswith(_EACH_BY_ITSELF) else nodeid.split("::", 1)[0]
