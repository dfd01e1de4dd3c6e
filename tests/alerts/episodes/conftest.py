"""The town of `tests.town`, on SQLite and on PostgreSQL."""

from __future__ import annotations

from tests.api.world_fixtures import built, either_world, world
from tests.town import empty_url, sessions, town

__all__ = ["built", "either_world", "empty_url", "sessions", "town", "world"]
