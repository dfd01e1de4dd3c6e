"""A plugin for pytest that begins no test after a time; for every process of the run, which is why it stands alone."""

from __future__ import annotations

import os
import time

import pytest

from tests.quick.counts import TOO_LATE, UNTIL


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Leave a test out once it is too late; its fixtures are not even made."""
    if time.time() > float(os.environ.get(UNTIL, "inf")):
        pytest.skip(TOO_LATE)
