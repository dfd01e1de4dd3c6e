"""The logs of `tests.conformance.logs_to_test`, one after the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.logs_to_test import ADAPTERS, LARGE_BYTES, PARTED, SMALL_BYTES, LogToTest


@pytest.fixture(params=ADAPTERS)
def log(request: pytest.FixtureRequest, tmp_path: Path) -> LogToTest:
    return ADAPTERS[request.param](tmp_path, LARGE_BYTES)


@pytest.fixture(params=ADAPTERS)
def small_log(request: pytest.FixtureRequest, tmp_path: Path) -> LogToTest:
    return ADAPTERS[request.param](tmp_path, SMALL_BYTES)


@pytest.fixture(params=PARTED)
def parted_log(request: pytest.FixtureRequest, tmp_path: Path) -> LogToTest:
    return ADAPTERS[request.param](tmp_path, SMALL_BYTES)
