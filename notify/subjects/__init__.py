"""What messages can be about: one file, one kind, found by walking this folder."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

from notify.subject import Subject


@cache
def subjects() -> Mapping[str, Subject[Any]]:
    """Return kind -> what knows it. Raises `ValueError` for a file that holds none, or one of another name."""
    found = [_subject(module.name) for module in pkgutil.iter_modules(__path__, f"{__name__}.")]
    return {one.kind: one for one in found}


def _subject(module: str) -> Subject[Any]:
    own = [c for _, c in inspect.getmembers(import_module(module), inspect.isclass) if c.__module__ == module]
    kinds = [cls for cls in own if issubclass(cls, Subject)]
    name = module.rpartition(".")[2]
    if [cls.kind for cls in kinds] != [name]:
        raise ValueError(f"{module} must hold one subject, of kind {name!r}")
    made: Subject[Any] = kinds[0]()
    return made
