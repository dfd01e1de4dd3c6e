"""What a fault is: one row of a table in `catalogue`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable
from functools import cache
from typing import NamedTuple

from tests.faults import catalogue
from tests.faults.setup import Setup
from tests.faults.world import World


class Fault(NamedTuple):
    """Something that happens to an installation, and ends: when `inject` returns, the world around it is whole.

    Attributes
    ----------
    name : str
        Shown in the report.
    inject : callable
        Does it; everything random comes from the world's own generator.
    fits : callable
        Which setups it can happen to.
    kills : int
        How many processes it kills.
    takes_minutes : bool
        Too long for the short campaign.
    """

    name: str
    inject: Callable[[World], Awaitable[None]]
    fits: Callable[[Setup], bool] = lambda _: True
    kills: int = 0
    takes_minutes: bool = False


@cache
def all_faults() -> tuple[Fault, ...]:
    """Return every fault of the catalogue, in a fixed order."""
    found: list[Fault] = []
    for module in sorted(m.name for m in pkgutil.iter_modules(catalogue.__path__)):
        found += importlib.import_module(f"{catalogue.__name__}.{module}").FAULTS
    return tuple(found)
