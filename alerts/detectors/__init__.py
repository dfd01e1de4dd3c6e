"""Detectors, two files each, found by walking this package: what it does (`x.py`), and its data sheet (`x.toml`).

A detector never imports a sibling.
"""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import MISSING
from importlib import import_module
from types import ModuleType

from alerts.kinds import KINDS, SHEETS, Sheet, SheetError
from alerts.kinds.sheet import Limit
from alerts.rules.detector import Detector

_FOLDER = "detectors/"


def discover() -> tuple[type[Detector], ...]:
    """Return every detector of this package, by name.

    Raises
    ------
    ValueError
        If two have one name, or one does not fit to its data sheet: the start must stop.
    """
    modules = (import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    found = registry(detector for module in modules for detector in _defined_in(module))
    check_sheets(found, SHEETS)
    return found


def registry(detectors: Iterable[type[Detector]]) -> tuple[type[Detector], ...]:
    """Return detectors by name. Raises `ValueError` if two have one name, or one finds a kind that no sheet owns."""
    by_name: dict[str, type[Detector]] = {}
    for detector in detectors:
        if detector.name in by_name:
            other = by_name[detector.name].__module__
            raise ValueError(f"two detectors are named {detector.name!r}: in {other} and in {detector.__module__}")
        unknown = set(detector.kinds) - set(KINDS)
        if unknown:
            raise ValueError(f"detector {detector.name!r} finds {sorted(unknown)}, which no data sheet owns")
        by_name[detector.name] = detector
    return tuple(by_name[name] for name in sorted(by_name))


def check_sheets(detectors: Iterable[type[Detector]], sheets: Mapping[str, Sheet]) -> None:
    """Raise `SheetError` unless detectors and data sheets fit together, one to one."""
    left = {path: sheet for path, sheet in sheets.items() if path.startswith(_FOLDER)}
    for detector in detectors:
        path = _FOLDER + detector.name
        sheet = left.pop(path, None)
        if sheet is None:
            raise SheetError(f"{path}.toml", None, f"a data sheet of the detector in {detector.__module__}")
        if sheet.raises != frozenset(detector.kinds):
            raise SheetError(f"{path}.toml: kinds, also", sorted(sheet.raises), f"{sorted(detector.kinds)}, as in code")
        if sheet.measured is None:
            raise SheetError(f"{path}.toml: measured", None, "how far to believe the detector")
        for parameter, limit in sheet.limits.items():
            _check_limit(detector, f"{path}.toml: limits.{parameter}", parameter, limit)
    if left:
        raise SheetError(f"{next(iter(left))}.toml", None, "a detector of that name in the module beside it")


def _check_limit(detector: type[Detector], field: str, parameter: str, limit: Limit) -> None:
    """Hold a limit against the detector's ``Params``: the field, its default, the bounds."""
    fields = import_module(detector.__module__).Params.__dataclass_fields__
    if parameter not in fields:
        raise SheetError(field, parameter, f"one of {', '.join(fields)}")
    default = fields[parameter].default
    usual = default is not MISSING and limit.low <= default <= limit.high
    if limit.default != (default if usual else "none"):
        raise SheetError(f"{field}.default", limit.default, f"{default if usual else 'none'}, as in Params")


def _defined_in(module: ModuleType) -> Iterable[type[Detector]]:
    for _, member in inspect.getmembers(module, inspect.isclass):
        if issubclass(member, Detector) and member.__module__ == module.__name__ and not inspect.isabstract(member):
            yield member
