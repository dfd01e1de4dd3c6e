"""Topic filters of subscriptions: which are none (MQTT 5 §4.7, §4.8)."""

from __future__ import annotations

from gateway.mqtt.packets import V5
from gateway.mqtt.reason import MqttError, Reason

SHARED = "$share/"


def check(topic_filter: str, version: int, *, no_local: bool = False) -> None:
    """Refuse what breaks the protocol; whether a filter is granted is another question.

    Raises
    ------
    MqttError
        If it is empty, if a wildcard does not fill a level or # is not the last, or a share is asked for wrongly.
    """
    plain = topic_filter
    if version == V5 and topic_filter.startswith(SHARED):
        group, _, plain = topic_filter.removeprefix(SHARED).partition("/")
        if not group or "+" in group or "#" in group:
            raise MqttError(Reason.TOPIC_FILTER_INVALID, f"filter {topic_filter[:100]!r} names no group")
        if no_local:
            raise MqttError(Reason.PROTOCOL_ERROR, "a shared subscription without its own messages")
    if not _is_filter(plain):
        text = f"filter {topic_filter[:100]!r}, expected wildcards that fill a level, # only the last"
        raise MqttError(Reason.TOPIC_FILTER_INVALID, text)


def _is_filter(text: str) -> bool:
    if not text:
        return False
    *levels, last = text.split("/")
    return "#" not in "".join(levels) and all(
        level in ("+", "#") or not ("+" in level or "#" in level) for level in (*levels, last)
    )
