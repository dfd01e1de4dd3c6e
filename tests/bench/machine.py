"""What was measured on: machine, versions, date."""

from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

GUEST_OF = "ANHU_BENCH_GUEST_OF"
"""Variable that tells a guest which machine it runs on: a guest's own processor says nothing."""
_PACKAGES = ("msgspec", "uvloop", "numpy", "sqlalchemy", "influxdb-client", "paho-mqtt")


def facts() -> dict[str, object]:
    """Return everything without which a figure means nothing."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="minutes"),
        "cores": os.cpu_count(),
        "processor": _line("/proc/cpuinfo", "model name"),
        "memory": _line("/proc/meminfo", "MemTotal"),
        "kernel": platform.release(),
        "guest_of": os.environ.get(GUEST_OF, "nobody"),
        "load_before": os.getloadavg()[0],
        "python": platform.python_version(),
        "python_build": f"{sys.base_prefix}, {platform.python_compiler()}",
        "sqlite": sqlite3.sqlite_version,
        "commit": _commit(),
        **{name: version(name) for name in _PACKAGES},
    }


def described() -> str:
    """Return the machine in one line, for a guest on it."""
    return f"{os.cpu_count()} x {_line('/proc/cpuinfo', 'model name')}, Linux {platform.release()}"


def _line(file: str, start: str) -> str:
    try:
        lines = Path(file).read_text("utf-8").splitlines()
    except OSError:
        return "unknown"
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(start)), "unknown")


def _commit() -> str:
    asked = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return asked.stdout.strip() or "unknown"
