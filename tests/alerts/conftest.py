"""The empty tables of `tests.town`, on SQLite and on PostgreSQL."""

from __future__ import annotations

from tests.town import sessions

__all__ = ["sessions"]
