"""Rows of newest values made whole, some at a time, from what lay in the store before there were rows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from ingest.newest_values import Found, found_of
from ingest.pause import stopped_within
from ingest.shared.newest import NewestRow
from ingest.store.port import StoreQuery, StoreUnavailableError

_logger = logging.getLogger(__name__)
_A_PAGE = 1_000
_AT_ONCE = 100
_REST = 3.0  # pause after a slice, in its own length
_ROUND_S = 60.0
_AWAY_S = 30.0


class FilledTable(Protocol):
    """The table, read and made whole."""

    def read(self, resident_ids: Iterable[str]) -> Mapping[str, NewestRow]:
        """Return what is known of those residents that have a row."""
        ...

    def complete(self, values: Mapping[str, Found]) -> None:
        """Join what the store knows of residents to their rows, which are whole then."""
        ...


async def fill_newest(
    table: FilledTable, store: StoreQuery, some_after: Callable[[str, int], Sequence[str]], stop: asyncio.Event
) -> None:
    """Go round all residents until the end; who is whole costs a look, who is not a question to the store.

    Parameters
    ----------
    some_after : callable
        Returns the next so many residents after an identity, by identity; none at the end.
    """
    loop, after, pause_s = asyncio.get_running_loop(), "", 0.0
    while not await stopped_within(stop, pause_s):
        began_s = loop.time()
        try:
            residents = await asyncio.to_thread(some_after, after, _A_PAGE)
            for first in range(0, len(residents), _AT_ONCE):
                await asyncio.to_thread(_fill, table, store, residents[first : first + _AT_ONCE])
                if await stopped_within(stop, (loop.time() - began_s) * _REST):
                    return
                began_s = loop.time()
            after, pause_s = (residents[-1], 0.05) if residents else ("", _ROUND_S)
        except (StoreUnavailableError, SQLAlchemyError) as error:
            _logger.info("newest values from before wait: %s", type(error).__name__)
            pause_s = _AWAY_S


def _fill(table: FilledTable, store: StoreQuery, residents: Sequence[str]) -> None:
    rows = table.read(residents)
    if partial := [one for one in residents if one not in rows or not rows[one].whole]:
        found = store.latest(partial)
        table.complete({one: found_of(found.get(one, {})) for one in partial})
