"""Further versions of detectors, one file each (`name_2.py`), found by walking this package.

What `alerts.detectors` holds is the released version. Here stands one that was released before, or one that is to be:
the same name and kinds, another `version`, no data sheet of its own. It decides nothing until somebody lets it run in
the shadow of the one that does, and switches (`alerts.shadow`).
"""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import NamedTuple

from alerts.detectors import discover
from alerts.rules.decided_by import model_digest
from alerts.rules.detector import Detector


class VersionFacts(NamedTuple):
    """What is known of a version without running it.

    Attributes
    ----------
    model : str
        Digest of the learned model that it asks; empty without any.
    differs : (str, str)
        In what from the released one, in English and Chinese; empty of the released one itself.
    """

    name: str
    version: int
    kinds: tuple[str, ...]
    model: str
    differs: tuple[str, str]
    is_released: bool


@cache
def known_versions() -> Mapping[str, Sequence[VersionFacts]]:
    """Return every version of every detector, the released one first."""
    found: dict[str, list[VersionFacts]] = {}
    for is_released, classes in ((True, discover()), (False, discover_versions())):
        for one in classes:
            model = model_digest(one.models)
            facts = VersionFacts(one.name, one.version, tuple(one.kinds), model, one.differs, is_released)
            found.setdefault(one.name, []).append(facts)
    return found


def discover_versions() -> tuple[type[Detector], ...]:
    """Return every further version, by name and number.

    Raises
    ------
    ValueError
        If one is no version of a released detector, or has the number of another: the start must stop.
    """
    modules = (import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    found = [
        member
        for module in modules
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, Detector) and member.__module__ == module.__name__ and not inspect.isabstract(member)
    ]
    return checked_versions(found, discover())


def checked_versions(found: Iterable[type[Detector]], released: Sequence[type[Detector]]) -> tuple[type[Detector], ...]:
    """Return further versions by name and number. Raises `ValueError` for one that cannot stand beside the released."""
    by_name = {one.name: one for one in released}
    taken = {(one.name, one.version) for one in released}
    for one in found:
        beside = by_name.get(one.name)
        if beside is None:
            raise ValueError(f"{one.__module__}: version of {one.name!r}, which is no released detector")
        if (one.name, one.version) in taken:
            raise ValueError(f"{one.__module__}: version {one.version} of {one.name!r} stands twice")
        if (tuple(one.kinds), one.scope, one.ordered) != (tuple(beside.kinds), beside.scope, beside.ordered):
            raise ValueError(f"{one.__module__}: kinds, scope or order differ from the released {one.name!r}")
        if not all(one.differs):
            raise ValueError(f"{one.__module__}: does not say in what it differs, in English and Chinese")
        taken.add((one.name, one.version))
    return tuple(sorted(found, key=lambda one: (one.name, one.version)))
