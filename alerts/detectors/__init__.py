"""Detectors, one file each, found by walking this package. A detector never imports a sibling."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Iterable
from importlib import import_module
from types import ModuleType

from alerts.kinds import KINDS
from alerts.rules.detector import Detector


def discover() -> tuple[type[Detector], ...]:
    """Return every detector of this package, by name.

    Raises
    ------
    ValueError
        If two have one name, or one finds a kind that the table of alerts does not have: the start must stop.
    """
    modules = (import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    return registry(detector for module in modules for detector in _defined_in(module))


def registry(detectors: Iterable[type[Detector]]) -> tuple[type[Detector], ...]:
    """Return detectors by name, checked: see `discover`."""
    by_name: dict[str, type[Detector]] = {}
    for detector in detectors:
        if detector.name in by_name:
            other = by_name[detector.name].__module__
            raise ValueError(f"two detectors are named {detector.name!r}: in {other} and in {detector.__module__}")
        unknown = set(detector.kinds) - set(KINDS)
        if unknown:
            raise ValueError(f"detector {detector.name!r} finds {sorted(unknown)}, which alerts.kinds does not have")
        by_name[detector.name] = detector
    return tuple(by_name[name] for name in sorted(by_name))


def _defined_in(module: ModuleType) -> Iterable[type[Detector]]:
    for _, member in inspect.getmembers(module, inspect.isclass):
        if issubclass(member, Detector) and member.__module__ == module.__name__ and not inspect.isabstract(member):
            yield member
