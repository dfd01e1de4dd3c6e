"""Dead letters in the platform's database: many machines of ingest put them there, and pages elsewhere show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Engine, text

from anhu.contract.clock import SECOND_MS, Clock
from ingest.letter import WAITING, DeadLetter, Filter, letter_of
from ingest.shared.dialect import listed

_COLUMNS = "stage, device_id, resident_id, received_at_ms, door, route, retained, codec, reason, payload"
_VALUES = ", ".join(f":{name}" for name in _COLUMNS.split(", "))
_PUT = text(
    f"INSERT INTO dead_letter (cause, kept_at_ms, {_COLUMNS}) VALUES (:cause, :kept_at_ms, {_VALUES})"  # noqa: S608 - our own words
    " ON CONFLICT (cause) DO NOTHING"
)
_SHOW = text(f"SELECT id, replayed_at_ms, {_COLUMNS} FROM dead_letter WHERE id = :id")  # noqa: S608 - our own words
_REPLAYED = text("UPDATE dead_letter SET replayed_at_ms = :now_ms WHERE id = :id")
_OLD = text("DELETE FROM dead_letter WHERE kept_at_ms < :oldest")
_OVER = text(
    """
DELETE FROM dead_letter WHERE id IN (
    SELECT id FROM (
        SELECT id, sum(length(payload) + :overhead) OVER (ORDER BY (replayed_at_ms IS NULL) DESC, id DESC) AS held
        FROM dead_letter
    ) AS summed WHERE held > :max_bytes
)
"""
)
_FORGET = text("DELETE FROM dead_letter WHERE resident_id = :resident_id")
_MOST_COUNTED = 5_000
_OVERHEAD_BYTES = 400
_PUTS_A_TIDY = 1_000
_NO_ID = 2**62
_ROUTE_BEGINS = {
    "postgresql": "EXISTS (SELECT 1 FROM json_array_elements_text(CAST(:pushes AS json)) AS pushed(value)"
    " WHERE substr(route || '/', 1, length(value) + 1) = value || '/')",
    "sqlite": "EXISTS (SELECT 1 FROM json_each(:pushes)"
    " WHERE substr(route || '/', 1, length(value) + 1) = value || '/')",
}


class DatabaseLetters:
    """The store of dead letters, as `ingest.deadletters.DeadLetters` is in a file.

    Methods raise SQLAlchemyError when the database cannot be used. Any thread may call them.

    Parameters
    ----------
    engine : Engine
        Of the platform's database.
    max_bytes : int
        Of payloads, with 400 bytes added for each letter. [byte]
    max_age_s : float
        Since it was put here. [s]
    """

    def __init__(
        self, engine: Engine, clock: Clock, *, max_bytes: int = 1024**3, max_age_s: float = 90 * 86_400.0
    ) -> None:
        self._engine, self._clock = engine, clock
        self._max_bytes, self._max_age_s = max_bytes, max_age_s
        self._puts = 0

    def put(self, letters: Sequence[DeadLetter]) -> None:
        """Keep letters durably; those already known change nothing."""
        now_ms = self._clock.now_ms()
        rows = [_row(letter, now_ms) for letter in letters]
        with self._engine.begin() as connection:
            for row in rows:  # a refused message is rare; the driver sends a list one by one, too
                connection.execute(_PUT, row)
        self._puts += len(rows)
        if self._puts >= _PUTS_A_TIDY:
            self.tidy()

    def page(self, which: Filter = WAITING, *, before_id: int = _NO_ID, limit: int = 50) -> Sequence[DeadLetter]:
        """Return letters, the newest first; the next page comes before the last letter's id."""
        where, asked = self._asked(which)
        query = f"SELECT id, replayed_at_ms, {_COLUMNS} FROM dead_letter WHERE {where} AND id < :before"  # noqa: S608 - our own words
        rows = self._ask(f"{query} ORDER BY id DESC LIMIT :limit", {**asked, "before": before_id, "limit": limit})
        return [letter_of(row) for row in rows]

    def count(self, which: Filter = WAITING) -> int:
        """Return how many letters there are."""
        where, asked = self._asked(which)
        return int(self._ask(f"SELECT count(*) FROM dead_letter WHERE {where}", asked)[0][0])  # noqa: S608 - our own words

    def reasons(self, which: Filter = WAITING, *, limit: int = 200) -> Sequence[tuple[str, str, int, int]]:
        """Return (device, reason, how many, the newest letter's id) of the newest 5,000, the most frequent first."""
        where, asked = self._asked(which)
        newest = f"SELECT device_id, reason, id FROM dead_letter WHERE {where} ORDER BY id DESC LIMIT {_MOST_COUNTED}"  # noqa: S608 - our own words
        query = f"SELECT device_id, reason, count(*), max(id) FROM ({newest}) AS newest GROUP BY device_id, reason"  # noqa: S608 - our own words
        rows = self._ask(f"{query} ORDER BY count(*) DESC, max(id) DESC LIMIT :limit", {**asked, "limit": limit})
        return [(row[0], row[1], row[2], row[3]) for row in rows]

    def show(self, letter_id: int) -> DeadLetter | None:
        """Return one letter."""
        with self._engine.connect() as connection:
            row = connection.execute(_SHOW, {"id": letter_id}).first()
        return letter_of(tuple(row)) if row else None

    def mark_replayed(self, letter_id: int) -> None:
        """Record that a letter's data is in the store now."""
        with self._engine.begin() as connection:
            connection.execute(_REPLAYED, {"id": letter_id, "now_ms": self._clock.now_ms()})

    def tidy(self) -> None:
        """Delete what is over the limits: too old, then replayed, then the oldest."""
        oldest_ms = self._clock.now_ms() - round(self._max_age_s * SECOND_MS)
        with self._engine.begin() as connection:
            connection.execute(_OLD, {"oldest": oldest_ms})
            connection.execute(_OVER, {"overhead": _OVERHEAD_BYTES, "max_bytes": self._max_bytes})
        self._puts = 0

    def forget(self, resident_id: str) -> None:
        """Erase what came of a resident."""
        with self._engine.begin() as connection:
            connection.execute(_FORGET, {"resident_id": resident_id})

    def close(self) -> None:
        """Close connections."""
        self._engine.dispose()

    def _ask(self, query: str, asked: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        with self._engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query), asked)]

    def _asked(self, which: Filter) -> tuple[str, dict[str, Any]]:
        """Return the condition, with nothing in it that is not asked for: an index can then serve it."""
        kind = self._engine.dialect.name
        plain = {"device_id": which.device_id, "stage": which.stage}
        parts = [f"{name} = :{name}" for name, value in plain.items() if value]
        asked: dict[str, Any] = {name: value for name, value in plain.items() if value}
        if which.waiting_only:
            parts.append("replayed_at_ms IS NULL")
        if which.reason:
            parts.append("substr(reason, 1, length(:reason)) = :reason")
            asked["reason"] = which.reason
        if which.residents is not None:
            parts.append(f"resident_id IN {listed(kind, 'residents')}")
            asked["residents"] = _json(which.residents)
        if which.devices is not None:
            pushed = f" OR device_id = '' AND door = 'http' AND {_ROUTE_BEGINS[kind]}" if which.pushes else ""
            parts.append(f"(device_id IN {listed(kind, 'devices')}{pushed})")
            asked |= {"devices": _json(which.devices)} | ({"pushes": _json(which.pushes)} if pushed else {})
        return " AND ".join(parts) or "1 = 1", asked


def _json(texts: Sequence[str]) -> str:
    return msgspec.json.encode(list(texts)).decode()


def _row(letter: DeadLetter, kept_at_ms: int) -> dict[str, Any]:
    given = {name: getattr(letter, name) for name in _COLUMNS.split(", ")}
    texts = {name: value.replace("\0", "�") for name, value in given.items() if isinstance(value, str)}
    return {**given, **texts, "stage": letter.stage.value, "cause": letter.cause, "kept_at_ms": kept_at_ms}
