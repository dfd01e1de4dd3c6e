"""Measure every detector, or one, on a folder of recordings; print the figures."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path

from alerts.accuracy import measures
from alerts.accuracy.row import Row
from gateway.contract.errors import FieldError

Measure = Callable[[Path], Iterable[Row]]
_SHARES = ("sensitivity", "specificity", "ppv", "f1", "coverage")


def found() -> Mapping[str, Measure]:
    """Return the measures by detector: every module of `alerts.accuracy.measures`."""
    table: dict[str, Measure] = {}
    for module_info in pkgutil.iter_modules(measures.__path__):
        module = import_module(f"{measures.__name__}.{module_info.name}")
        if module.DETECTOR in table:
            raise ValueError(f"two files measure the detector {module.DETECTOR!r}")
        table[module.DETECTOR] = module.measure
    return table


def measure(folder: Path, detector: str | None = None) -> list[Row]:
    """Run the production detectors over every recording they understand.

    Parameters
    ----------
    folder : Path
        Holds one folder per set, any subset of them, any subjects.
    detector : str, optional
        Only this one.

    Raises
    ------
    FieldError
        If the folder is not there, or no such detector is measured.
    """
    if not folder.is_dir():
        raise FieldError("data", str(folder), "a folder of recordings")
    table = found()
    if detector is not None and detector not in table:
        raise FieldError("detector", detector, f"one of {', '.join(sorted(table))}")
    names = sorted(table) if detector is None else [detector]
    return [row for name in names for row in table[name](folder)]


def table(rows: Sequence[Row]) -> str:
    """Return the figures as an aligned text table."""
    lines = [("dataset", "group", "detector", "metric", "value", "count"), *_cells(rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines)


def _cells(rows: Sequence[Row]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        value = f"{100 * row.value:.1f} %" if row.metric in _SHARES else f"{row.value:.2f}"
        yield row.dataset, row.group, row.detector, row.metric, value, str(row.count)
