"""A store whose newest values are asked of their table, and of the store only for residents not yet in it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from ingest.newest_values import Found, found_of, joined
from ingest.shared.newest import NOBODY, NewestRow
from ingest.store.port import LATEST_WITHIN_MS, Point, StoreQuery, StoreUnavailableError

_logger = logging.getLogger(__name__)


class NewestAsked(Protocol):
    """Tells the newest numbers of residents."""

    def read(self, resident_ids: Iterable[str]) -> Mapping[str, NewestRow]:
        """Return what is known of those residents that have a row."""
        ...

    def close(self) -> None:
        """Close connections."""
        ...


class QueryWithNewest:
    """A `StoreQuery` as the one behind it, but for `latest`.

    A resident whose row is not whole yet is asked for in the store, too. While the store is away, the table alone
    answers: the newest values stay on the ward's board when charts do not.
    """

    def __init__(self, query: StoreQuery, table: NewestAsked) -> None:
        self._query, self._table = query, table
        self.points, self.buckets = query.points, query.buckets
        self.events, self.waveforms, self.ping = query.events, query.waveforms, query.ping

    def latest(self, resident_ids: Sequence[str]) -> Mapping[str, Mapping[str, Point]]:
        """Return resident -> quantity -> newest number."""
        if not resident_ids:
            return {}
        try:
            rows = self._table.read([*resident_ids, NOBODY])
        except SQLAlchemyError as error:
            _logger.warning("newest values cannot be asked of their table: %s", type(error).__name__)
            return self._query.latest(resident_ids)
        found = {one: rows[one].found for one in resident_ids if one in rows}
        if partial := [one for one in resident_ids if one not in rows or not rows[one].whole]:
            self._ask_store(partial, found)
        oldest_ms = rows[NOBODY].found["received"][0] - LATEST_WITHIN_MS if NOBODY in rows else 0
        shown = {one: _points(values, oldest_ms) for one, values in found.items()}
        return {one: points for one, points in shown.items() if points}

    def close(self) -> None:
        """Close both."""
        self._query.close()
        self._table.close()

    def _ask_store(self, resident_ids: Sequence[str], found: dict[str, Found]) -> None:
        try:
            of_store = self._query.latest(resident_ids)
        except StoreUnavailableError:
            if found:
                return
            raise
        for one, points in of_store.items():
            found[one] = joined(found_of(points), found.get(one, {}))


def _points(values: Found, oldest_ms: int) -> Mapping[str, Point]:
    return {
        code: Point(at_ms, value, quality, device_id)
        for code, (at_ms, value, quality, device_id) in values.items()
        if at_ms >= oldest_ms
    }
