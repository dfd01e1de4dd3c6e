"""Docker Compose, to check the compose file; it needs no engine for that."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tests.services.finding import find, need


def find_compose() -> list[str] | None:
    """Return the command: docker's own plugin, else the program of that name."""
    plugin = ["docker", "compose", "version"]
    if shutil.which("docker") and not subprocess.run(plugin, capture_output=True, check=False).returncode:
        return ["docker", "compose"]
    program = find("docker-compose")
    return [str(program)] if program else None


def compose_command() -> list[str]:
    """Return the command, or raise with what to do."""
    return find_compose() or [str(need(None, "Docker Compose"))]


def compose_config(file: Path, variables: Mapping[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    """Return what Compose makes of a file with these variables and no others."""
    return _asked(file, tuple(variables.items()), options)


@cache
def _asked(
    file: Path, variables: tuple[tuple[str, str], ...], options: tuple[str, ...]
) -> subprocess.CompletedProcess[str]:
    """Ask Compose once for each question."""
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **dict(variables)}
    with tempfile.NamedTemporaryFile() as nothing_from_here:
        command = [*compose_command(), "--env-file", nothing_from_here.name, "-f", str(file), *options, "config"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
