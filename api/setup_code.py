"""The code with which the first administrator is made: known to who can read the data folder, and to nobody else."""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
from pathlib import Path

_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_GROUPS, _LETTERS = 4, 5


class SetupCode:
    """A file in the data folder, from the first start until somebody may log in.

    Parameters
    ----------
    folder : Path
        The data folder.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "setup-code"

    def make(self) -> None:
        """Make a code, unless there is one already."""
        groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_LETTERS)) for _ in range(_GROUPS))
        with contextlib.suppress(FileExistsError):
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write("-".join(groups) + "\n")

    def read(self) -> str:
        """Return the code; empty when there is none."""
        try:
            return self.path.read_text("ascii").strip()
        except FileNotFoundError:
            return ""

    def is_right(self, given: str) -> bool:
        """Tell whether this is the code; capitals, dashes and spaces do not matter."""
        code = self.read()
        return bool(code) and hmac.compare_digest(_plain(code).encode(), _plain(given).encode())

    def forget(self) -> None:
        """Make the code worthless."""
        self.path.unlink(missing_ok=True)


def _plain(code: str) -> str:
    return code.upper().replace("-", "").replace(" ", "").strip()
