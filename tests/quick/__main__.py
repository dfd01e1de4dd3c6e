"""`python -m tests.quick [--against COMMIT]`: the tests of what changed, in under a minute."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import click
import pytest

from tests.quick.changes import Changes, changes
from tests.quick.counts import UNTIL, Counts
from tests.quick.selection import Selection, select

ROOT = Path(__file__).parents[2]
_DEADLINE = "tests.quick.deadline"
_BEGINS_WITHIN_S = 40.0
"""After this no test begins; what runs then may end, and the minute is kept."""


@click.command(help=__doc__)
@click.option("--against", default="", help="A commit; otherwise where this branch left main.")
def main(against: str) -> None:
    """Run them, and say in the last line what was left out."""
    began_s = time.time()
    changed = changes(ROOT, against)
    chosen = select(ROOT, changed.files)
    counts = Counts()
    code = pytest.ExitCode.NO_TESTS_COLLECTED
    if chosen.files:
        os.environ[UNTIL] = str(began_s + _BEGINS_WITHIN_S)
        arguments = ["-q", "-n", str(os.cpu_count() or 1), "-p", _DEADLINE, *chosen.files]
        code = pytest.ExitCode(pytest.main(arguments, plugins=[counts]))
        if code is pytest.ExitCode.OK and not counts.passed:
            code = pytest.ExitCode.NO_TESTS_COLLECTED
    click.echo(summary(changed, chosen, counts, time.time() - began_s))
    sys.exit(code)


def summary(changed: Changes, chosen: Selection, counts: Counts, took_s: float) -> str:
    """Return one line that says what was run and what was not."""
    what = f"{len(changed.files)} files changed against {changed.against}"
    if not changed.files:
        return f"quick: NOTHING WAS RUN: no file changed against {changed.against}; `make test` runs all"
    ran = f"{counts.passed} passed, {counts.failed} failed in {took_s:.0f} s"
    if not counts.passed and not counts.failed:
        ran = "NOTHING WAS RUN"
    left = [
        (counts.left_out, "tests for want of time"),
        (counts.skipped, "tests that left themselves out"),
        (len(chosen.far), "files of tests that are farther from the change"),
        (len(chosen.slow), "files of tests that start whole installations"),
        (chosen.unmoved, "files of tests that the change does not reach"),
    ]
    missing = ", ".join(f"{number} {who}" for number, who in left if number) or "nothing"
    unknown = f"; no test reaches {', '.join(chosen.unknown[:5])}" if chosen.unknown else ""
    return f"quick: {ran} ({what}). Left out: {missing}{unknown}; `make test` runs all"


if __name__ == "__main__":
    main()
