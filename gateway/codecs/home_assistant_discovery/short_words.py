"""The short words of Home Assistant's discovery that this gateway reads, and the base topic ``~``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_LONG: Mapping[str, str] = {
    "atype": "automation_type",
    "avty": "availability",
    "avty_t": "availability_topic",
    "avty_tpl": "availability_template",
    "cmps": "components",
    "dev": "device",
    "dev_cla": "device_class",
    "ent_cat": "entity_category",
    "o": "origin",
    "p": "platform",
    "pl": "payload",
    "pl_avail": "payload_available",
    "pl_not_avail": "payload_not_available",
    "pl_off": "payload_off",
    "pl_on": "payload_on",
    "stat_off": "state_off",
    "stat_on": "state_on",
    "stat_t": "state_topic",
    "stat_val_tpl": "state_value_template",
    "stype": "subtype",
    "t": "topic",
    "uniq_id": "unique_id",
    "unit_of_meas": "unit_of_measurement",
    "val_tpl": "value_template",
}
_LONG_OF_DEVICES: Mapping[str, str] = {
    "cns": "connections",
    "ids": "identifiers",
    "mdl": "model",
    "mdl_id": "model_id",
    "mf": "manufacturer",
}


def long_names(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration in long words, its topics whole, and so all that is inside it."""
    return _expanded(said, "")


def _expanded(said: Mapping[str, Any], base: str) -> dict[str, Any]:
    own = said.get("~")
    base = own if isinstance(own, str) else base
    made = {_LONG.get(name, name): value for name, value in said.items() if name != "~"}
    for name, value in made.items():
        if isinstance(value, str) and name.endswith("topic"):
            made[name] = _whole(value, base)
    if isinstance(made.get("device"), dict):
        made["device"] = {_LONG_OF_DEVICES.get(name, name): value for name, value in made["device"].items()}
    if isinstance(made.get("components"), dict):
        inside = made["components"]
        made["components"] = {k: _expanded(one, base) if isinstance(one, dict) else one for k, one in inside.items()}
    if isinstance(made.get("availability"), dict):
        made["availability"] = [made["availability"]]
    if isinstance(made.get("availability"), list):
        made["availability"] = [_expanded(one, base) for one in made["availability"] if isinstance(one, dict)]
    return made


def _whole(topic: str, base: str) -> str:
    """Put the base where ``~`` stands, at the beginning or the end, as Home Assistant does."""
    if topic.startswith("~"):
        topic = base + topic[1:]
    return topic[:-1] + base if topic.endswith("~") else topic
