"""``python -m app`` and the ``anhu`` command."""

from __future__ import annotations

import os
import sys

from app.cli import anhu
from app.cli.explaining import explained

_DEBUG = "--debug"


def main() -> None:
    """Run the command line; a mistake is one sentence, not a traceback, which ``--debug`` shows."""
    os.umask(0o077)  # what we write is about people's health
    arguments = [one for one in sys.argv[1:] if one != _DEBUG]
    try:
        anhu.main(arguments, prog_name="anhu")
    except Exception as error:
        if _DEBUG in sys.argv:
            raise
        sentence = explained(error)
        if not sentence and arguments[:1] == ["run"]:
            raise  # a process of the platform: its log is where somebody looks
        sys.stderr.write(f"anhu: {sentence or _unexpected(error)}\n")
        sys.exit(2)


def _unexpected(error: Exception) -> str:
    said = " ".join(str(error).split())[:300]
    return f"this should not happen: {type(error).__name__}: {said}; {_DEBUG} shows where"


if __name__ == "__main__":
    main()
