"""Work that needs the database, done off the event loop and until it succeeds."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable

from sqlalchemy.exc import DBAPIError

_LOG = logging.getLogger(__name__)
_RETRY_S = (0.2, 0.5, 1.0, 2.0, 5.0)


async def with_database(
    work: Callable[[], None], stop: asyncio.Event, counts: Counter[str], *, last: bool = False
) -> None:
    """Do work that needs the database until it succeeds; what is to be stored waits meanwhile.

    Parameters
    ----------
    work : callable
        Done in a thread; done again as a whole.
    stop : asyncio.Event
        Ends the waiting after the second attempt, or after the first of the `last` work.
    counts : Counter
        ``database_errors``.
    """
    for attempt in range(1_000_000):
        try:
            await asyncio.to_thread(work)
        except (DBAPIError, OSError) as error:  # the PostgreSQL driver lets socket errors through
            counts["database_errors"] += 1
            _LOG.warning("the database does not answer, trying again: %s", error)
        else:
            return
        if stop.is_set() and (last or attempt):
            return
        await asyncio.sleep(_RETRY_S[min(attempt, len(_RETRY_S) - 1)])
