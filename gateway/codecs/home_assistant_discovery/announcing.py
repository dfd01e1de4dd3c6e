"""Configurations that devices publish for Home Assistant: which topic will mean what.

``homeassistant/<component>/[<node>/]<object>/config`` announces one thing, ``homeassistant/device/<object>/config``
all things of a device at once; in short words (``stat_t``) or long ones, with ``~`` for a base. Empty: it is gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from anhu.contract.errors import DecodeError, FieldError
from anhu.contract.payload import as_object, json_object
from gateway.codec import Announced, Announcement, Frame
from gateway.codecs.home_assistant_discovery.naming import Naming, calls_for_help, known_by
from gateway.codecs.home_assistant_discovery.short_words import long_names
from gateway.codecs.home_assistant_discovery.template import compiled
from gateway.codecs.home_assistant_discovery.told import OTHER, PRESS, STATE, THERE, Told, word, written

CONFIG = re.compile(r"(?P<home>(?:anhu/home_assistant_discovery/[^/]+/)?)homeassistant/(?P<component>[a-z_]+)/"
                    r"(?:(?P<node>[^/]+)/)?(?P<object>[^/]+)/config")  # fmt: skip
BY_RADIO = re.compile(r"(?:^|/)(?:rtl_433|(?!SYS)[A-Za-z0-9_]+toMQTT)(?:/|$)")
"""Topics of gateways that hear whatever is on the air, the neighbours' sensors too: rtl_433, OpenMQTTGateway."""
HEARD = frozenset({"binary_sensor", "sensor", "event", "device_automation", "switch", "siren", "alarm_control_panel"})
"""What is understood; a lamp, a blind or a setting is announced too, and its states are nobody's need."""
_MOST_PARTS = 128
_MOST_THERE = 8
_MOST_CHARS = 100
_MOST_TOPIC_BYTES = 512


class _Config(NamedTuple):
    """One thing that is announced."""

    component: str
    said: Mapping[str, Any]
    naming: Naming


def announced(frame: Frame) -> Announced | None:
    """Return what a configuration announces; None of any other message.

    Raises
    ------
    FieldError
        If it is no configuration as Home Assistant has them.
    """
    place = CONFIG.fullmatch(frame.route)
    if place is None:
        return None
    if not frame.payload.strip():
        return Announced(frame.route, ())
    said = long_names(json_object(frame.payload))
    made = [one for config in _configs(place, said, frame.device_id) for one in _things(config)]
    home = place["home"]
    return Announced(frame.route, tuple(dict.fromkeys(Announcement(home + topic, written(one)) for topic, one in made)))


def _configs(place: re.Match[str], said: Mapping[str, Any], device_id: str) -> Iterator[_Config]:
    given = said.get("device")
    device: Mapping[str, Any] = given if isinstance(given, dict) else {}
    if place["component"] != "device":
        yield _Config(place["component"], said, known_by(device, place["node"] or "", place["object"], device_id))
        return
    parts = as_object(said.get("components"), "components")
    if len(parts) > _MOST_PARTS:
        raise DecodeError("components", f"{len(parts)} of them", f"at most {_MOST_PARTS}")
    shared = {name: said[name] for name in ("availability", "availability_topic", "state_topic") if name in said}
    for key, one in parts.items():
        part = {**shared, **as_object(one, f"components.{key}")}
        component = part.get("platform")
        if not isinstance(component, str):
            raise DecodeError(f"components.{key}.platform", component, "a component such as binary_sensor")
        if len(part) > len(shared) + 1:  # only its platform: it was taken out
            yield _Config(component, part, known_by(device, place["object"], key, device_id))


def _things(config: _Config) -> Iterator[tuple[str, Told]]:
    """Yield (topic, what it means) of one thing."""
    said = config.said
    if config.component not in HEARD:
        if isinstance(said.get("state_topic"), str):
            yield _topic(said["state_topic"], "state_topic"), Told(about=OTHER, source=config.naming.device)
        return
    field = "topic" if config.component == "device_automation" else "state_topic"
    if field not in said and config.component in {"switch", "siren"}:
        return
    topic = _topic(said.get(field), field)
    is_press = config.component == "device_automation"
    if is_press or BY_RADIO.search(topic):  # the ways to press it are one button, what is heard one sensor
        config = config._replace(naming=config.naming._replace(source=config.naming.device))
    yield topic, _press(config) if is_press else _state(config)
    for there in _availabilities(said):
        yield _there(there, topic, config.naming)


def _state(config: _Config) -> Told:
    said, component = config.said, config.component
    template, flaw = _template(said.get("value_template", said.get("state_value_template")))
    on, off = _two_states(component, said)
    return Told(
        about=PRESS if component == "event" else STATE,
        source=config.naming.source,
        component=component,
        names=config.naming.names(said.get("name")),
        device_class=_short(said.get("device_class")),
        unit=_short(said.get("unit_of_measurement")).strip(),
        template=template,
        on=on,
        off=off,
        flaw=flaw,
        calls=config.naming.calls,
        minor=said.get("entity_category") in {"diagnostic", "config"},
    )


def _two_states(component: str, said: Mapping[str, Any]) -> tuple[str, str]:
    if component not in {"binary_sensor", "switch", "siren"}:
        return "", ""
    on, off = said.get("payload_on", "ON"), said.get("payload_off", "OFF")
    return word(said.get("state_on", on)), word(said.get("state_off", off))


def _press(config: _Config) -> Told:
    """Take a trigger: it comes with its payload, or with anything where none is named."""
    said = config.said
    template, flaw = _template(said.get("value_template"))
    which = tuple(_short(said[name]) for name in ("type", "subtype") if isinstance(said.get(name), str))
    return Told(
        about=PRESS,
        source=config.naming.source,
        component=config.component,
        names=(" ".join(which), *config.naming.names(None)),
        template=template,
        on=word(said["payload"]) if said.get("payload") is not None else "",
        flaw=flaw,
        calls=config.naming.calls or any(map(calls_for_help, which)),
    )


def _availabilities(said: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if "availability_topic" in said:
        template = said.get("availability_template")
        yield {**said, "topic": said["availability_topic"], "value_template": template}
    given = said.get("availability")
    for one in given[:_MOST_THERE] if isinstance(given, list) else [given]:
        if isinstance(one, dict):
            yield one


def _there(said: Mapping[str, Any], states: str, naming: Naming) -> tuple[str, Told]:
    """Say of what a topic tells that it is there: of the thing, or of a bridge before it, which is the device."""
    topic = _topic(said.get("topic"), "availability_topic")
    above = topic.rpartition("/")[0]
    is_its_own = bool(above) and (states == above or states.startswith(f"{above}/"))
    template, flaw = _template(said.get("value_template"))
    return topic, Told(
        about=THERE,
        source=naming.device if is_its_own else "",
        template=template,
        on=word(said.get("payload_available", "online")),
        off=word(said.get("payload_not_available", "offline")),
        flaw=flaw,
    )


def _topic(value: object, field: str) -> str:
    if not isinstance(value, str) or not value or len(value.encode()) > _MOST_TOPIC_BYTES or "\0" in value:
        raise DecodeError(field, value, f"a topic of at most {_MOST_TOPIC_BYTES} bytes")
    return value


def _template(value: object) -> tuple[str, str]:
    """Return a template that is understood, and else what of it is not."""
    if not isinstance(value, str) or not value.strip():
        return "", "" if value is None or isinstance(value, str) else "value_template: no text"
    try:
        compiled(value)
    except FieldError as error:
        return "", str(error)[:_MOST_CHARS]
    return value, ""


def _short(value: object) -> str:
    return value[:_MOST_CHARS] if isinstance(value, str) else ""
