"""Waiting between two tries, but not longer than until the end."""

from __future__ import annotations

import asyncio


async def stopped_within(stop: asyncio.Event, pause_s: float) -> bool:
    """Wait, or until told to stop: then True. [s]."""
    try:
        await asyncio.wait_for(stop.wait(), pause_s)
    except TimeoutError:
        return stop.is_set()  # a pause of nothing looks at nothing
    return True
