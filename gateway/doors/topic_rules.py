"""What one device may say and hear: its codec's topics, filled in for it, and nothing else."""

from __future__ import annotations

from anhu.contract.topics import MAX_TOPIC_BYTES, for_command, for_device, matches
from gateway.codec import Codec
from gateway.directory import DeviceEntry
from gateway.mqtt.filters import SHARED
from gateway.mqtt.reason import Reason

_MOST_FILTER_CHARS = 256


def may_publish(codec: Codec | None, device: DeviceEntry, topic: str) -> bool:
    """Tell whether a device may publish to a topic; a family may have topics that all its devices share.

    A device of a family that we do not know, or that comes in by other doors, may publish nothing.
    """
    if codec is None or codec.mqtt is None or len(topic.encode()) > MAX_TOPIC_BYTES:
        return False
    return any(matches(for_device(template, device.device_id), topic) for template in codec.mqtt.publish)


def not_its_topic(codec: Codec | None) -> str:
    """Return why a message to a topic that is not the device's is not used, as its vendor reads it."""
    own = ", ".join(codec.mqtt.publish) if codec is not None and codec.mqtt is not None else "none over MQTT"
    return f"topic: got another one, expected one of this device's: {own}"


def grant(topic_filter: str, qos: int) -> int:
    """Return the QoS at which a device may subscribe, or the reason why it may not.

    Any filter is granted: a refusal ends some clients for good, and whatever a filter covers, a device is sent its
    own commands and nothing else. Only a share of a subscription is refused: granted, it would promise what never is.
    """
    return Reason.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED if topic_filter.startswith(SHARED) else min(qos, 1)


def hears_answers(codec: Codec | None, device: DeviceEntry, topic_filter: str) -> bool:
    """Tell whether the answers of a family's cloud to a device's own messages may fall under a filter."""
    if codec is None or codec.mqtt is None or codec.mqtt.reply is None or len(topic_filter) > _MOST_FILTER_CHARS:
        return False
    return not {device.device_id, "+", "#"}.isdisjoint(topic_filter.split("/"))


def unasked_filter(codec: Codec | None, device: DeviceEntry) -> str:
    """Return the filter of a device's commands where its family does not subscribe to them; empty for others."""
    if codec is None or codec.mqtt is None or not codec.mqtt.commands_unasked:
        return ""
    before, _, _ = for_device(codec.mqtt.commands, device.device_id).partition("{command_id}")
    return f"{before.rpartition('/')[0]}/#"


def hears_commands(codec: Codec | None, device: DeviceEntry, topic_filter: str) -> bool:
    """Tell whether a device's own commands fall under a filter; under any other nothing ever comes."""
    if codec is None or codec.mqtt is None or not codec.mqtt.commands:
        return False
    return matches(topic_filter, for_command(codec.mqtt.commands, device.device_id, "0"))
