"""One process of a city, as its own pod would be: started, killed, frozen and woken by the tests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path


def environment(database: str) -> Mapping[str, str]:
    """Return what every process of a city on a database is told."""
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith("ANHU_")},
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "ANHU_DATABASE_URL": database,
        "ANHU_IDENTITY_KEY": "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=",
    }


class CityProcess:
    """One `anhu run NAME` with a data folder of its own."""

    def __init__(self, name: str, folder: Path, environment: Mapping[str, str]) -> None:
        self._name = name
        self.data = folder / "data"
        self.output = folder / "output.txt"
        folder.mkdir()
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        with self.output.open("ab") as output:
            command = [sys.executable, "-m", "app", "run", self._name, "--data", str(self.data)]
            self._process = subprocess.Popen(command, env=self._environment, stdout=output, stderr=output)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal; a killed one is waited for."""
        assert self._process is not None
        self._process.send_signal(number)
        if number in {signal.SIGKILL, signal.SIGTERM}:
            self._process.wait(180)

    def end(self) -> None:
        """End it, however it is."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait(60)

    def counters(self) -> Mapping[str, float]:
        """Return what it last said of itself."""
        try:
            found: Mapping[str, float] = json.loads((self.data / "status" / f"{self._name}.json").read_text("utf-8"))[
                "counters"
            ]
        except (OSError, ValueError):
            return {}
        return found
