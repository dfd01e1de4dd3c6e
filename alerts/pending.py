"""Findings that wait for the database: merged, whoever may need help now first, stored in short transactions."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

from alerts.database_work import with_database
from alerts.engine.resident_finding import ResidentFinding
from alerts.merging import in_order_of_need, merged

_BREATH_S = 0.05
"""Between two transactions of many findings: on SQLite whoever waits to write asks again this often. [s]"""


def put_together(found: list[ResidentFinding], counts: Counter[str]) -> None:
    """Merge what waits, in its place, and put first whoever may need help now; count what was ``merged``."""
    before = len(found)
    found[:] = in_order_of_need(merged(found))
    counts["merged"] += before - len(found)


async def store_in_parts(
    found: list[ResidentFinding],
    store: Callable[[], None],
    stop: asyncio.Event,
    counts: Counter[str],
    *,
    last: bool = False,
) -> None:
    """Store everything part by part; between two of them others come to the database.

    Parameters
    ----------
    store : callable
        Stores a part, and takes it out of the list; called once though there is nothing: a position may have to move.
    """
    put_together(found, counts)
    left = len(found) + 1
    while left > len(found):
        left = len(found)
        await with_database(store, stop, counts, last=last)
        if not found:
            return
        await asyncio.sleep(_BREATH_S)
