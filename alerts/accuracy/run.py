"""Measure every detector, or one, on a folder of recordings; print the figures."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from alerts.accuracy import measures, sets
from alerts.accuracy.by_person import worst_first
from alerts.accuracy.development import Development
from alerts.accuracy.risk_coverage import Answer, RiskCurve, risk_curves
from alerts.accuracy.row import AccuracyRow, Chosen
from anhu.contract.errors import FieldError

_SHARES = ("sensitivity", "specificity", "ppv", "f1", "coverage")


class Measure(NamedTuple):
    """One file that measures: which detectors, and how.

    Attributes
    ----------
    rows : callable
        Takes the folder that holds one folder per set; yields nothing where its sets are missing.
    dataset : str
        The one set it measures on; empty where there are several.
    """

    detectors: tuple[str, ...]
    rows: Callable[[Path], Iterable[AccuracyRow]]
    dataset: str = ""


def found() -> tuple[Measure, ...]:
    """Return everything that measures: one file a detector in `measures`, one file a set of recordings in `sets`."""
    by_detector = [Measure((m.DETECTOR,), m.measure) for m in _modules(measures)]
    by_set = [Measure(m.DETECTORS, m.measure, m.NAME) for m in _modules(sets)]
    return (*by_detector, *by_set)


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    for info in pkgutil.iter_modules(package.__path__):
        yield import_module(f"{package.__name__}.{info.name}")


def measure(folder: Path, detector: str | None = None, dataset: str | None = None) -> list[AccuracyRow]:
    """Run the production detectors over every recording they understand.

    Parameters
    ----------
    folder : Path
        Holds one folder per set, any subset of them, any subjects.
    detector, dataset : str, optional
        Only this one.

    Raises
    ------
    FieldError
        If the folder is not there, or no such detector is measured.
    """
    if not folder.is_dir():
        raise FieldError("data", str(folder), "a folder of recordings")
    everything = found()
    known = {name for one in everything for name in one.detectors}
    if detector is not None and detector not in known:
        raise FieldError("detector", detector, f"one of {', '.join(sorted(known))}")
    wanted = [one for one in everything if detector is None or detector in one.detectors]
    on = [one for one in wanted if dataset is None or one.dataset in ("", dataset)]
    rows = [row for one in on for row in one.rows(folder)]
    return [row for row in rows if detector in (None, row.detector) and dataset in (None, row.dataset)]


def table(rows: Sequence[AccuracyRow]) -> str:
    """Return the figures as an aligned text table."""
    head = ("dataset", "group", "detector", "metric", "value", "95 %", "worst", "10th", "people", "count", "chosen on")
    lines = [head, *_cells(rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines)


def _cells(rows: Sequence[AccuracyRow]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        between = "" if row.low is None else f"{said_as(row, row.low)} to {said_as(row, row.high)}"
        people = str(row.people) if row.people else ""
        figures = said_as(row, row.value), between, said_as(row, row.worst), said_as(row, row.tenth)
        yield row.dataset, row.group, row.detector, row.metric, *figures, people, str(row.count), row.chosen or ""


def said(row: AccuracyRow) -> str:
    """Return the value as people read it."""
    return said_as(row, row.value)


def said_as(row: AccuracyRow, value: float | None) -> str:
    """Return another value of the same metric as people read it; empty for none."""
    if value is None:
        return ""
    return f"{100 * value:.1f} %" if row.metric in _SHARES else f"{value:.2f}"


def worst_table(rows: Sequence[AccuracyRow], count: int = 10) -> str:
    """Return the worst people of each figure that was counted by person, the worst first."""
    lines = []
    for row in rows:
        if len(row.each) > 1:
            people = ", ".join(f"{name} {said_as(row, value)}" for name, value in worst_first(row)[:count])
            lines.append(f"{row.dataset}, {row.group}, {row.detector}, {row.metric} {said(row)}: {people}")
    return "\n".join(lines)


def risk(folder: Path, detector: str | None = None) -> list[RiskCurve]:
    """Return how wrong what is told is against how much is told, of every measure that can withhold an answer.

    Such a module has ``answers(folder) -> Iterable[Answer]`` beside ``measure``. People on whom constants were chosen
    have a curve of their own: it flatters.
    """
    able = [m for package in (measures, sets) for m in _modules(package) if hasattr(m, "answers")]
    several = (one for module in able for one in module.answers(folder))
    return risk_curves(_told_apart(one) for one in several if detector in (None, one.detector))


def _told_apart(one: Answer) -> Answer:
    seen = Development.read().claim(one.detector, one.dataset, one.person) is Chosen.SAME_PEOPLE
    return one._replace(group=f"{one.group}, {Chosen.SAME_PEOPLE}") if seen else one
