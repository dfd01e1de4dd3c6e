"""The town, on SQLite and on PostgreSQL."""

from __future__ import annotations

from tests.town import empty_url, sessions, town

__all__ = ["empty_url", "sessions", "town"]
