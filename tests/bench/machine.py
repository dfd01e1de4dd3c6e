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

_PACKAGES = ("msgspec", "uvloop", "numpy", "sqlalchemy", "influxdb-client", "paho-mqtt")


def facts() -> dict[str, object]:
    """Return everything without which a figure means nothing."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="minutes"),
        "cores": os.cpu_count(),
        "processor": _line("/proc/cpuinfo", "model name"),
        "memory": _line("/proc/meminfo", "MemTotal"),
        "kernel": platform.release(),
        "load_before": os.getloadavg()[0],
        "python": platform.python_version(),
        "python_build": f"{sys.base_prefix}, {platform.python_compiler()}",
        "sqlite": sqlite3.sqlite_version,
        "commit": _commit(),
        **{name: version(name) for name in _PACKAGES},
    }


def _line(file: str, start: str) -> str:
    try:
        lines = Path(file).read_text("utf-8").splitlines()
    except OSError:
        return "unknown"
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(start)), "unknown")


def _commit() -> str:
    asked = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return asked.stdout.strip() or "unknown"
