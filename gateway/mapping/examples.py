"""Examples of a description: a payload, and the numbers and events that must come of it."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from anhu.contract.errors import FieldError
from anhu.contract.observation import AttributeValue, Event, Observation, Quality, Scalar, TimeQuality
from anhu.contract.payload import time_ms
from gateway.codec import Example
from gateway.door_specs import PUSH, DoorKind
from gateway.mapping.marked_yaml import Node, as_json_value
from gateway.mapping.meanings import quantity_of, says_of
from gateway.mapping.reading import MOST_CHARS
from gateway.mapping.section import Section, choice_of, number_of, text_of

_MOST = 200
_EXAMPLE = ("name", "door", "topic", "payload", "gives", "error", "retained")
_NUMBER = ("quantity", "value", "at", "source", "context", "poor")
_EVENT = ("event", "at", "source", "attributes")
_REFUSED = {
    "json": Example(name="what is no JSON", payload=b"\xff\xfe?", error="expected a JSON object"),
    "any": Example(name="JSON that is cut off", payload=b'{"a":', error="expected a JSON object"),
    "text": Example(name="more than a word", payload=b"?" * (MOST_CHARS + 1), error="expected a word of at most"),
}


def examples_of(section: Section, payload: str, door: DoorKind) -> tuple[Example, ...]:
    """Return a file's examples, and one that every family of its kind refuses. Raises `MappingError`.

    Parameters
    ----------
    door : DoorKind
        Of an example that names none.
    """
    nodes = section.items("examples", at_most=_MOST)
    if not nodes:
        raise section.node.wrong("examples: at least one payload and what it gives", zh="examples：至少一个示例")
    given = tuple(_example(Section(node, _EXAMPLE), door) for node in nodes)
    return (*given, replace(_REFUSED[payload], route=given[0].route, door=given[0].door))


def _example(section: Section, door: DoorKind) -> Example:
    if ("gives" in section) == ("error" in section):
        raise section.node.wrong("either gives or error", zh="gives 或 error 之一")
    if "door" in section:
        door = DoorKind(choice_of(section.needed("door"), (DoorKind.MQTT.value, DoorKind.HTTP.value)))
    example = Example(
        name=section.text("name"),
        route=section.text("topic", "") or (f"{PUSH}example" if door is DoorKind.HTTP else ""),
        door=door,
        payload=_payload(section.needed("payload")),
        retained=section.text("retained", "false") == "true",
    )
    if "error" in section:
        return replace(example, error=section.text("error"))
    given = [] if _is_nothing(section.needed("gives")) else section.items("gives", at_most=_MOST)
    return replace(example, observations=tuple(one for node in given for one in _given(node, example)))


def _is_nothing(node: Node) -> bool:
    return node.value == "nothing"


def _given(node: Node, example: Example) -> list[Observation]:
    is_event = isinstance(node.value, dict) and "event" in node.value
    section = Section(node, _EVENT if is_event else _NUMBER)
    at_ms, time_quality = example.received_at_ms, TimeQuality.RECEIVED
    if "at" in section:
        at_ms, time_quality = _time(section.needed("at")), TimeQuality.DEVICE
    quality, source = int(Quality.RETAINED) if example.retained else 0, section.text("source", "")
    if is_event:
        about = {name: _attribute(one) for name, one in section.pairs("attributes", at_most=_MOST)}
        says = says_of(section.needed("event"))
        return [Event(one.kind, at_ms, one.state, about, time_quality, quality, source) for one in says]
    if section.text("poor", "false") == "true":
        quality |= int(Quality.DEVICE_POOR)
    value, context = number_of(section.needed("value")), section.text("context", "")
    return [Scalar(quantity_of(section.needed("quantity")), value, at_ms, time_quality, quality, context, source)]


def _time(node: Node) -> int:
    try:
        return time_ms(text_of(node), node.field)
    except FieldError as error:
        raise node.wrong(error.expected) from None


def _attribute(node: Node) -> AttributeValue:
    found = as_json_value(node)
    if not isinstance(found, str | float | int | bool):
        raise node.wrong("a text, a number, true or false", zh="文字、数值或 true/false")
    return found


def _payload(node: Node) -> bytes:
    return node.value.encode() if isinstance(node.value, str) else msgspec.json.encode(as_json_value(node))
