"""One process of a city, with a data folder of its own, as a pod has."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import httpx

from tests.services.process import HOST, ServiceProcess, free_port


class Member:
    """``anhu run KIND``; its `process` can be killed, paused and started again.

    Parameters
    ----------
    kind, number : str, int
        ``alerts``, 2: it is called ``alerts-2``.
    folder : Path
        Where its data folder and its output lie.
    environment : mapping
        What every member is told.
    ports : sequence of str
        Settings that are ports of its own: ``mqtt_port``.
    """

    def __init__(
        self, kind: str, number: int, folder: Path, environment: Mapping[str, str], ports: tuple[str, ...] = ()
    ) -> None:
        self.kind, self.name = kind, f"{kind}-{number}"
        self.data, self.output = folder / self.name, folder / f"{self.name}.txt"
        self.ports = {name: free_port() for name in ports}
        self.health_port = free_port()
        own = {"ANHU_DATA": str(self.data), "ANHU_HEALTH_PORT": str(self.health_port), "ANHU_INSTANCE": self.name}
        own |= {f"ANHU_{name.upper()}": str(port) for name, port in self.ports.items()}
        self.environment = {**environment, **own}
        self.process = ServiceProcess(
            [sys.executable, "-m", "app", "run", kind],
            log=self.output,
            ready=self.is_ready,
            environment=self.environment,
        )

    def is_ready(self) -> bool:
        """Tell whether it says that it can do its work."""
        return self._answers("readyz")

    def is_alive(self) -> bool:
        """Tell whether its loop turns."""
        return self._answers("healthz")

    def said(self) -> str:
        """Return what it printed."""
        return self.output.read_text("utf-8") if self.output.exists() else ""

    def _answers(self, what: str) -> bool:
        try:
            return httpx.get(f"http://{HOST}:{self.health_port}/{what}", timeout=2).is_success
        except httpx.HTTPError:
            return False
