"""What every member says of itself during the hour, as one OpenMetrics file that Prometheus takes as its history.

``promtool tsdb create-blocks-from openmetrics FILE DIR`` makes a Prometheus of it, and Grafana shows the hour.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

from tests.services.process import HOST

_SAMPLE = re.compile(r"^([a-zA-Z_:][\w:]*)(\{.*\})? (\S+)$")
_PARTS = ("_bucket", "_sum", "_count", "_total")


class Figures:
    """Samples of all members.

    Parameters
    ----------
    health_ports : mapping
        Member -> the port of its ``/metrics``.
    """

    def __init__(self, health_ports: Mapping[str, int]) -> None:
        self._ports = health_ports
        self._types: dict[str, str] = {}
        self._samples: dict[str, list[tuple[str, str]]] = {}
        self.looks = self.missed = 0

    async def follow(self, every_s: float, stop: asyncio.Event) -> None:
        """Look until told to stop. [s]."""
        async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
            while not stop.is_set():
                await asyncio.gather(*(self._look(client, name, port) for name, port in self._ports.items()))
                await asyncio.sleep(every_s)

    async def _look(self, client: httpx.AsyncClient, name: str, port: int) -> None:
        self.looks += 1
        try:
            answer = (await client.get(f"http://{HOST}:{port}/metrics")).raise_for_status()
        except httpx.HTTPError:
            self.missed += 1
            return
        self.take(name, answer.text, time.time())

    def take(self, name: str, said: str, at_s: float) -> None:
        """Keep what a member says, in the text format of Prometheus. [s]."""
        for line in said.splitlines():
            if line.startswith("# TYPE "):
                _, _, family, kind = line.split(" ", 3)
                self._types.setdefault(family, kind)
            elif (found := _SAMPLE.match(line)) is not None:
                metric, labels, value = found.groups()
                inside = labels[1:-1] + "," if labels else ""
                series = f'{metric}{{{inside}instance="{name}"}}'
                self._samples.setdefault(self._family(metric), []).append((series, f"{value} {at_s:.3f}"))

    def write(self, file: Path) -> int:
        """Write all, series by series as the format wants it; return how many samples."""
        count = 0
        with file.open("w", encoding="utf-8") as out:
            for family, samples in sorted(self._samples.items()):
                kind = self._types.get(family, "unknown")
                out.write(f"# TYPE {family.removesuffix('_total')} {'unknown' if kind == 'untyped' else kind}\n")
                for series, value in sorted(samples, key=lambda one: one[0]):
                    out.write(f"{series} {value}\n")
                    count += 1
            out.write("# EOF\n")
        return count

    def _family(self, metric: str) -> str:
        if metric in self._types:
            return metric
        for part in _PARTS:
            if metric.removesuffix(part) in self._types:
                return metric.removesuffix(part)
        return metric
