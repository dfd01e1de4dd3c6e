"""Ways of reaching people: one file, one channel, found by walking this folder."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Mapping
from importlib import import_module

from anhu.contract.clock import Clock
from notify.channel import Channel, ChannelSettings


def channel_classes() -> Mapping[str, type[Channel]]:
    """Return name -> channel. Raises `ValueError` when two have the same name."""
    found: dict[str, type[Channel]] = {}
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        for _, cls in inspect.getmembers(import_module(module.name), inspect.isclass):
            if not issubclass(cls, Channel) or cls.__module__ != module.name:
                continue
            if cls.name in found:
                raise ValueError(f"{module.name}: channel {cls.name!r} is there twice")
            found[cls.name] = cls
    return found


def open_channels(settings: ChannelSettings, clock: Clock) -> Mapping[str, Channel]:
    """Return the channels that are set up, by name."""
    made = {name: cls.from_settings(settings, clock) for name, cls in channel_classes().items()}
    return {name: channel for name, channel in made.items() if channel is not None}
