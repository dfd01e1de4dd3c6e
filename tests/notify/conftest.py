"""The world of the API's tests."""

from __future__ import annotations

from tests.api.world_fixtures import built, either_world, world

__all__ = ["built", "either_world", "world"]
