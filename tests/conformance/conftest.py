"""The logs of `tests.conformance.logs_to_test`, one after the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.logs_to_test import (
    BOUNDED,
    LARGE_BYTES,
    ON_KAFKA,
    PARTED,
    SMALL_BYTES,
    KafkaLogToTest,
    LogToTest,
)


@pytest.fixture(params=[*BOUNDED, *ON_KAFKA])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> LogToTest:
    if partitions := ON_KAFKA.get(request.param):
        return KafkaLogToTest(request.getfixturevalue("kafka"), partitions)
    return BOUNDED[request.param](tmp_path, LARGE_BYTES)


@pytest.fixture(params=BOUNDED)
def small_log(request: pytest.FixtureRequest, tmp_path: Path) -> LogToTest:
    return BOUNDED[request.param](tmp_path, SMALL_BYTES)


@pytest.fixture(params=[*PARTED, "Kafka, four partitions"])
def parted_log(request: pytest.FixtureRequest, tmp_path: Path) -> LogToTest:
    if partitions := ON_KAFKA.get(request.param):
        return KafkaLogToTest(request.getfixturevalue("kafka"), partitions)
    return BOUNDED[request.param](tmp_path, SMALL_BYTES)


@pytest.fixture(params=PARTED)
def small_parted_log(request: pytest.FixtureRequest, tmp_path: Path) -> LogToTest:
    return BOUNDED[request.param](tmp_path, SMALL_BYTES)
