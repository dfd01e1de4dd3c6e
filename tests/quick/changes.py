"""What changed in the working tree, asked of git."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple

_MAIN = ("main", "origin/main")


class Changes(NamedTuple):
    """Files that differ, deleted and new ones too.

    Attributes
    ----------
    against : str
        What they were compared with, as git names it.
    files : list of str
        Paths from the root of the repository, sorted.
    """

    against: str
    files: list[str]


def changes(root: Path, against: str = "") -> Changes:
    """Compare the working tree with a commit; without one, with where this branch left main."""
    base = against or _branched_off(root) or "HEAD"
    differing = _git(root, "diff", "--name-only", "--no-renames", "-z", base)
    new = _git(root, "ls-files", "--others", "--exclude-standard", "-z")
    return Changes(base, sorted({*differing.split("\0"), *new.split("\0")} - {""}))


def _branched_off(root: Path) -> str:
    for name in _MAIN:
        asked = subprocess.run(
            ["git", "merge-base", "HEAD", name], cwd=root, capture_output=True, text=True, check=False
        )
        if asked.returncode == 0:
            return asked.stdout.strip()[:12]
    return ""


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True).stdout
