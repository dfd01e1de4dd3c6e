"""What one device may say and hear: its codec's topics, filled in for it, and nothing else."""

from __future__ import annotations

from anhu.contract.topics import for_command, for_device, matches
from gateway.codec import Codec
from gateway.directory import DeviceEntry
from gateway.mqtt.reason import Reason

_SHARED = "$share/"


def may_publish(codec: Codec | None, device: DeviceEntry, topic: str) -> bool:
    """Tell whether a device may publish to a topic; a family may have topics that all its devices share.

    A device of a family that we do not know, or that comes in by other doors, may publish nothing.
    """
    if codec is None or codec.mqtt is None:
        return False
    return any(matches(for_device(template, device.device_id), topic) for template in codec.mqtt.publish)


def grant(codec: Codec | None, device: DeviceEntry, topic_filter: str, qos: int) -> int:
    """Return the QoS at which a device may subscribe, or the reason why it may not.

    A filter with wildcards is good if it covers the device's commands and names the device before the first
    wildcard, so that no filter can ever reach into another device's topics.
    """
    if topic_filter.startswith(_SHARED):
        return Reason.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED
    if not is_filter(topic_filter):
        return Reason.TOPIC_FILTER_INVALID
    if codec is None or codec.mqtt is None or not codec.mqtt.commands:
        return Reason.NOT_AUTHORIZED
    topic = for_command(codec.mqtt.commands, device.device_id, "0")
    own = topic_filter == topic or device.device_id in _fixed_levels(topic_filter)
    return min(qos, 1) if own and matches(topic_filter, topic) else Reason.NOT_AUTHORIZED


def _fixed_levels(topic_filter: str) -> list[str]:
    levels = topic_filter.split("/")
    wild = next((i for i, level in enumerate(levels) if level in ("+", "#")), len(levels))
    return levels[:wild]


def is_filter(text: str) -> bool:
    """Tell whether a text is a topic filter (MQTT 5 §4.7.1): wildcards fill a level, and # is the last."""
    levels = text.split("/")
    if not text or "\0" in text or "#" in levels[:-1]:
        return False
    return all(level in ("+", "#") or not ("+" in level or "#" in level) for level in levels)
