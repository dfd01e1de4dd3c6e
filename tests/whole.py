"""All tests at once; what a browser or a whole platform did not show in its time is tried once more, alone, and named.

Four hundred pages are opened by real browsers beside hundreds of real processes on as few as two cores: there a click
can come late that comes at once where a person sits. Whatever else fails has failed: a call that was lost beside a
load is lost.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from subprocess import run

_AGAIN = ("tests/api/web/", "tests/smoke/test_day_of_")
_MOST = 6
"""More than so many are no matter of time."""
_FAILED = Path(".pytest_cache/v/cache/lastfailed")


def may_be_late(failed: Sequence[str]) -> bool:
    """Whether all that failed may be tried once more, alone."""
    return 0 < len(failed) <= _MOST and all(one.startswith(_AGAIN) for one in failed)


def main() -> int:
    """Run them; return the exit status."""
    status = _pytest("-n", "auto", "--cache-clear")
    failed = sorted(json.loads(_FAILED.read_text("utf-8"))) if status == 1 and _FAILED.is_file() else []
    if not may_be_late(failed):
        return status
    names = "\n  ".join(failed)
    sys.stdout.write(f"\nfailed beside all others, tried once more alone:\n  {names}\n")
    sys.stdout.flush()
    return _pytest(*failed)


def _pytest(*arguments: str) -> int:
    return run([sys.executable, "-m", "pytest", "-q", *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
