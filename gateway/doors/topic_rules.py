"""What one device may say and hear: its codec's topics, filled in for it, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from anhu.contract.topics import MAX_TOPIC_BYTES, for_command, for_device, matches
from gateway.codec import COMMANDS, Codec, Command
from gateway.directory import DeviceEntry
from gateway.door_specs import MqttLogin
from gateway.mqtt.filters import SHARED
from gateway.mqtt.reason import Reason

_MOST_FILTER_CHARS = 256
_MOST_PRODUCT_CHARS = 64
_PRODUCT = "{product}"


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


def unasked_filter(codec: Codec | None, device: DeviceEntry, login: MqttLogin) -> str:
    """Return the filter of a device's commands where its family does not subscribe to them; empty for others.

    Where a topic of the family names the product, the log-in has to name it.
    """
    if codec is None or codec.mqtt is None or not codec.mqtt.commands_unasked:
        return ""
    template = for_device(codec.mqtt.commands, device.device_id)
    if _PRODUCT in template:
        signed = codec.mqtt.signed
        product = signed.product_of(login) if signed is not None and signed.product_of is not None else ""
        if not product or not _is_level(product):
            return ""
        template = template.replace(_PRODUCT, product)
    before = template.partition("{command_id}")[0].partition("{command}")[0]
    return f"{before.rpartition('/')[0]}/#"


def hears_commands(codec: Codec | None, device: DeviceEntry, topic_filter: str) -> bool:
    """Tell whether one of a device's own commands falls under a filter; under any other nothing ever comes."""
    if codec is None or codec.mqtt is None or not codec.mqtt.commands:
        return False
    product = product_in(codec.mqtt.commands, device.device_id, topic_filter) or "0"
    called = COMMANDS if "{command}" in codec.mqtt.commands else ("0",)
    topics = (for_command(codec.mqtt.commands, device.device_id, "0", name=name, product=product) for name in called)
    return any(matches(topic_filter, topic) for topic in topics)


def command_topic(template: str, device_id: str, command: Command, known_by: Iterable[str]) -> str:
    """Return the topic of a command; empty where it names a product, and nothing of the device's does.

    Parameters
    ----------
    known_by : iterable of str
        Filters and topics of the device, in one of which its product stands.
    """
    product = ""
    if _PRODUCT in template:
        product = next((found for one in known_by if (found := product_in(template, device_id, one))), "")
        if not product:
            return ""
    return for_command(template, device_id, command.command_id, name=command.name, product=product)


def product_in(template: str, device_id: str, topic: str) -> str:
    """Return the product that a topic or a filter of a device names where its commands do; empty where it does not."""
    levels, there = template.split("/"), topic.split("/")
    if _PRODUCT not in levels:
        return ""
    at = levels.index(_PRODUCT)
    if len(there) < at + 2 or there[:1] != levels[:1] or there[at + 1] != device_id:
        return ""
    return there[at] if _is_level(there[at]) else ""


def _is_level(text: str) -> bool:
    return bool(text) and len(text) <= _MOST_PRODUCT_CHARS and not set(text) & set("+#/\0")
