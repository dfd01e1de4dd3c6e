"""An ``anhu`` command within this process: another one would import for seconds what is imported here already."""

from __future__ import annotations

import os
import traceback
from collections.abc import Mapping, Sequence

from click.testing import CliRunner

from app.cli import anhu


def printed(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """Run a command and return what it printed. Raises `AssertionError` with what it said when it failed.

    Parameters
    ----------
    environment : mapping
        All that it is told.
    """
    hidden: dict[str, str | None] = dict.fromkeys(name for name in os.environ if name not in environment)
    before = os.umask(0o077)
    try:
        ran = CliRunner().invoke(anhu, list(arguments), env={**hidden, **environment})
    finally:
        os.umask(before)
    trace = "".join(traceback.format_exception(ran.exception)) if ran.exception else ""
    assert ran.exit_code == 0, ran.stderr + trace
    return ran.stdout
