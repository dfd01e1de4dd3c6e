"""Whose message it is when a broker brings it: found by the topic, since the broker tells no sender."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from anhu.contract.topics import matches
from gateway.codec import Codec

_DEVICE = "{device_id}"
_MOST_TOPICS = 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A filter whose topics name no device, and the registered device that everything under it comes from.

    A house's Zigbee2MQTT is bound to its home gateway, a vendor's server to the device that stands for it.
    """

    topic_filter: str
    device_id: str


class BrokerRoutes:
    """Which filters to subscribe to, and which device a topic belongs to.

    Attributes
    ----------
    filters : tuple of str
        What may wait behind other messages.
    urgent : tuple of str
        Calls for help, for a session of their own. None of them falls under `filters`: they would come twice.
    sender : callable
        Topic -> the device it belongs to, empty when none is known, and whether a binding says so; remembered.

    Parameters
    ----------
    codecs : mapping
        Name -> codec; their topics with ``{device_id}`` are subscribed to for every device at once.
    bindings : iterable of Binding
        Asked first.
    """

    def __init__(self, codecs: Mapping[str, Codec], bindings: Iterable[Binding]) -> None:
        specs = [codec.mqtt for codec in codecs.values() if codec.mqtt is not None]
        templates = sorted({t for spec in specs for t in spec.publish if _DEVICE in t})
        self._bindings = tuple(bindings)
        self._patterns = [_pattern(t) for t in templates]
        named = {t: name for name, codec in codecs.items() if codec.mqtt is not None for t in codec.mqtt.publish}
        self._families = [(pattern, named[t]) for pattern, t in zip(self._patterns, templates, strict=True)]
        self.sender = lru_cache(_MOST_TOPICS)(self._find_sender)
        wanted = _without_covered([*(b.topic_filter for b in self._bindings), *map(_any_device, templates)])
        calls = {_any_device(t) for spec in specs for t in spec.urgent}
        self.filters = tuple(f for f in wanted if f not in calls)
        self.urgent = tuple(f for f in wanted if f in calls)

    def family(self, topic: str) -> str:
        """Return the codec whose devices speak on a topic; empty when none is known."""
        return next((name for pattern, name in self._families if pattern.fullmatch(topic)), "")

    def _find_sender(self, topic: str) -> tuple[str, bool]:
        for binding in self._bindings:
            if matches(binding.topic_filter, topic):
                return binding.device_id, True
        for pattern in self._patterns:
            found = pattern.fullmatch(topic)
            if found:
                return found["device"], False
        return "", False


def _any_device(template: str) -> str:
    """Return the filter under which the template's topics fall, whoever sends them."""
    return "/".join("+" if _DEVICE in level else level for level in template.split("/"))


def _pattern(template: str) -> re.Pattern[str]:
    levels = []
    for level in template.split("/"):
        if level == "#":
            levels.append(".*")
        elif level == "+":
            levels.append("[^/]*")
        else:
            levels.append(re.escape(level).replace(re.escape(_DEVICE), "(?P<device>[^/]+)", 1))
    return re.compile("/".join(levels))


def _without_covered(filters: list[str]) -> tuple[str, ...]:
    """Leave out what another filter covers: a broker may deliver overlapping subscriptions twice."""
    unique = list(dict.fromkeys(filters))
    return tuple(f for f in unique if not any(g != f and _covers(g, f) for g in unique))


def _covers(wide: str, narrow: str) -> bool:
    """Tell whether everything under `narrow` falls under `wide`."""
    wide_levels, levels = wide.split("/"), narrow.split("/")
    for i, level in enumerate(wide_levels):
        if level == "#":
            return True
        if i >= len(levels) or levels[i] == "#" or level not in ("+", levels[i]):
            return False
    return len(wide_levels) == len(levels)
