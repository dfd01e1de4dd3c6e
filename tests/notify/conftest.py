"""The world of the API's tests, and a real receiver of messages."""

from __future__ import annotations

from tests.api.world_fixtures import built, either_world, world
from tests.notify.playing import receiver

__all__ = ["built", "either_world", "receiver", "world"]
