"""What was measured: rows for a table and for JSON, with what was measured on."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How long and how large to measure.

    Attributes
    ----------
    quick : bool
        Small and short: shows that the harness works, its figures say little.
    runs : int
        How often each scenario is repeated.
    minutes : float
        How long the rate that was found is held; 0 leaves that out. [min]
    rate : float
        Measure ingest at this rate; 0 finds the highest that holds. [messages/s]
    keep : Path, optional
        Folder where filled stores stay for the next run.
    """

    quick: bool = False
    runs: int = 3
    minutes: float = 0.0
    rate: float = 0.0
    keep: Path | None = None


@dataclass(slots=True)
class Report:
    """Collects values; each run adds one to a row."""

    _values: dict[tuple[str, str, str], list[float]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, scenario: str, metric: str, unit: str, value: float) -> None:
        """Add one run's value, and say it at once: a long measurement must not be silent."""
        self._values.setdefault((scenario, metric, unit), []).append(value)
        click.echo(f"  {scenario}: {metric} = {shown(value)} {unit}")

    def note(self, text: str) -> None:
        """Add a sentence that belongs to the figures."""
        self.notes.append(text)
        click.echo(f"  {text}")

    def rows(self) -> list[dict[str, object]]:
        """Return the rows as they stand in the JSON file."""
        return [
            {
                "scenario": scenario,
                "metric": metric,
                "unit": unit,
                "min": min(values),
                "median": statistics.median(values),
                "max": max(values),
                "runs": len(values),
            }
            for (scenario, metric, unit), values in self._values.items()
        ]

    def table(self) -> str:
        """Return the rows for people."""
        head = ("scenario", "metric", "unit", "min", "median", "max", "runs")
        body = [tuple(_cell(row[name]) for name in head) for row in self.rows()]
        widths = [max(len(line[i]) for line in (head, *body)) for i in range(len(head))]
        lines = ["  ".join(text.ljust(w) for text, w in zip(line, widths, strict=True)) for line in (head, *body)]
        return "\n".join([*lines, *self.notes])

    def write(self, path: Path, measured_on: Mapping[str, object], skipped: Sequence[str]) -> None:
        """Write everything as JSON."""
        whole = {**measured_on, "rows": self.rows(), "notes": self.notes, "skipped": list(skipped)}
        path.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _cell(value: object) -> str:
    return shown(value) if isinstance(value, float) else str(value)


def shown(value: float) -> str:
    """Return a number with as many digits as anybody reads."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def percentile(values: Sequence[float], part: float) -> float:
    """Return the value that a part of them does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
