"""``python -m app`` and the ``anhu`` command."""

from __future__ import annotations

import os
import sys

from anhu.contract.errors import AnhuError
from app.cli import anhu


def main() -> None:
    """Run the command line; an expected error is one sentence, not a traceback."""
    os.umask(0o077)  # what we write is about people's health
    try:
        anhu.main(prog_name="anhu")
    except AnhuError as error:
        sys.stderr.write(f"anhu: {error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
