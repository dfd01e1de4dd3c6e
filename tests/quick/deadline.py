"""A plugin for pytest that begins no test after a time, and counts what became of all."""

from __future__ import annotations

import os
import time
from collections import Counter

import pytest

UNTIL = "ANHU_TEST_UNTIL_S"
"""Name in the environment of the time after which no test begins. [s, UTC]"""
_TOO_LATE = "no time left"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Leave a test out once it is too late; its fixtures are not even made."""
    if time.time() > float(os.environ.get(UNTIL, "inf")):
        pytest.skip(_TOO_LATE)


class Counts:
    """What became of the tests of one run.

    Attributes
    ----------
    passed, failed, skipped, left_out : int
        Tests; left out are those for which there was no time.
    """

    def __init__(self) -> None:
        self._outcomes: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take note of one test."""
        if report.when == "call" or report.outcome != "passed":
            self._outcomes["left out" if _TOO_LATE in str(report.longrepr) else report.outcome] += 1

    @property
    def passed(self) -> int:
        """Tests that were run to their end and found nothing."""
        return self._outcomes["passed"]

    @property
    def failed(self) -> int:
        """Tests that found something, or could not begin."""
        return self._outcomes["failed"]

    @property
    def skipped(self) -> int:
        """Tests that left themselves out."""
        return self._outcomes["skipped"]

    @property
    def left_out(self) -> int:
        """Tests for which there was no time."""
        return self._outcomes["left out"]
