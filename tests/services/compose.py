"""Docker Compose, to check the compose file; it needs no engine for that."""

from __future__ import annotations

import shutil
import subprocess

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
