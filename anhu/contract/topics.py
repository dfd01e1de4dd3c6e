"""MQTT topics: the open tree, and how filters are matched.

A device publishes to ``anhu/v1/{device_id}/up`` and reads ``anhu/v1/{device_id}/commands``. A call for help may go to
``anhu/v1/{device_id}/urgent``: through a broker it then waits behind nothing else. Codecs of other families name topics
of their own; ``{device_id}`` in them stands for the authenticated device, so that no device can speak for another.
"""

from __future__ import annotations

from anhu.contract.errors import FieldError

UP = "anhu/v1/{device_id}/up"
URGENT = "anhu/v1/{device_id}/urgent"
COMMANDS = "anhu/v1/{device_id}/commands"
MAX_TOPIC_BYTES = 1_024


def for_device(template: str, device_id: str) -> str:
    """Fill a topic template for one device."""
    return template.replace("{device_id}", device_id)


def for_command(template: str, device_id: str, command_id: str, *, name: str = "", product: str = "") -> str:
    """Fill a command topic's template.

    Some families carry the command's identity in the topic, some what it is called, some the product as their cloud
    knows it.
    """
    filled = for_device(template, device_id).replace("{command_id}", command_id)
    if name:
        filled = filled.replace("{command}", name)
    return filled.replace("{product}", product) if product else filled


def checked_topic(topic: str, *, field: str = "topic") -> str:
    """Return the topic if a message may be published to it (MQTT 5 §4.7).

    Raises
    ------
    FieldError
        If it is empty, too long, or holds a wildcard or NUL.
    """
    if not topic or len(topic.encode()) > MAX_TOPIC_BYTES or "+" in topic or "#" in topic or "\0" in topic:
        raise FieldError(field, topic, f"1 to {MAX_TOPIC_BYTES} bytes without + # or NUL")
    return topic


def matches(topic_filter: str, topic: str) -> bool:
    """Tell whether a topic falls under an MQTT filter (MQTT 5 §4.7, ``$`` topics included)."""
    if topic.startswith("$") and topic_filter[:1] in ("+", "#"):
        return False
    filter_levels = topic_filter.split("/")
    levels = topic.split("/")
    for i, level in enumerate(filter_levels):
        if level == "#":
            return True
        if i >= len(levels) or level not in ("+", levels[i]):
            return False
    return len(filter_levels) == len(levels)
