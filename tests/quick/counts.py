"""What became of the tests of a run that has little time."""

from __future__ import annotations

from collections import Counter

import pytest

UNTIL = "ANHU_TEST_UNTIL_S"
"""Name in the environment of the time after which no test begins. [s, UTC]"""
TOO_LATE = "no time left"
"""Reason of the tests that were left out."""


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
            self._outcomes["left out" if TOO_LATE in str(report.longrepr) else report.outcome] += 1

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
