"""No pass of the garbage collector while very many objects are made that are there to stay."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Hold the collector back: it would go over all of them again and again, and find nothing.

    With 100,000 residents that was three quarters of the time of a restart.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
