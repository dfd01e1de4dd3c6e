"""Recorded falls and activities: one file a set, named as its folder, each with ``read(archive)``."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import numpy as np

from alerts.accuracy.fall_trials import FallTrial


def names() -> list[str]:
    """Return the names of all sets that can be read."""
    return [info.name for info in pkgutil.iter_modules(__path__)]


def trials(folder: Path) -> Iterator[FallTrial]:
    """Return the trials of every fall set found in a folder, person after person."""
    for dataset in names():
        read = import_module(f"{__name__}.{dataset}").read
        for file in sorted((folder / dataset).glob("*.npz")):
            with np.load(file, allow_pickle=False) as archive:
                yield from read({name: archive[name] for name in archive.files})
