"""The JSON Schema of a description itself: an editor that has it completes names and marks mistakes as one types.

What it cannot say, and `gateway.mapping.loading` still checks: that a path finds something in an example, that a
message's own example comes true, that what reads like a call is not passed over.
"""

from __future__ import annotations

from typing import Any

from anhu.contract.quantities import Kind, of_kind
from anhu.contract.units import accepted_units
from gateway.mapping.description import MOST_RULES
from gateway.mapping.loading import MOST_TOPICS
from gateway.mapping.meanings import MOST_VALUES
from gateway.mapping.pushing import MOST_ANSWER_CHARS

_TEXT = {"type": "string", "minLength": 1}
_WORD = {"type": ["string", "number", "boolean", "null"]}
_PATH = {"type": "string", "minLength": 1, "examples": ["data.vitals[*].hr", "$.id", "$topic[2]"]}


def file_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a description."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:anhu:mapping-file:v1",
        "title": "A JSON device in one YAML file",
        "type": "object",
        "required": ["codec", "title", "data_sheet", "mqtt", "examples"],
        "additionalProperties": False,
        "properties": {
            "codec": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,39}$"},
            "title": _TEXT,
            "data_sheet": {**_TEXT, "description": "where the layout is from"},
            "mqtt": _object(
                {"publish": _one_or_many(_TEXT, MOST_TOPICS), "urgent": _one_or_many(_TEXT, MOST_TOPICS)}, "publish"
            ),
            "http": _pushed(),
            "payload": {"enum": ["json", "text", "any"]},
            "messages": _one_or_many(_object(_group()), MOST_RULES),
            "examples": {"type": "array", "minItems": 1, "maxItems": 200, "items": _example()},
            **_group(),
        },
        "$defs": {"says": _says(), "time": _time()},
    }


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    made = {"type": "object", "additionalProperties": False, "properties": properties}
    return {**made, "required": list(required)} if required else made


def _one_or_many(one: dict[str, Any], most: int) -> dict[str, Any]:
    return {"anyOf": [one, {"type": "array", "maxItems": most, "items": one}]}


def _named(of: dict[str, Any], most: int) -> dict[str, Any]:
    return {"type": "object", "maxProperties": most, "additionalProperties": of}


def _pushed() -> dict[str, Any]:
    properties = {
        "device": {**_PATH, "description": "where in a message the device's name stands"},
        "each": {**_PATH, "description": "where in a push its messages stand"},
        "header": {"type": "string", "pattern": "^[A-Za-z0-9-]{1,64}$", "description": "which bears the key"},
        "answer": {"type": "string", "maxLength": MOST_ANSWER_CHARS, "description": "to what is on disk"},
    }
    return _object(properties, "device")


def _group() -> dict[str, Any]:
    words = _one_or_many(_WORD, MOST_VALUES)
    return {
        "topic": _TEXT,
        "when": {**_named(words, 8), "description": "path of the message: the values it must have"},
        "where": {**_named(words, 8), "description": "the same of an element of `each`"},
        "each": _PATH,
        "source": _PATH,
        "message_id": _PATH,
        "time": {"$ref": "#/$defs/time"},
        "numbers": _one_or_many(_number(), MOST_RULES),
        "events": _one_or_many(_event(), MOST_RULES),
        "ignore": _one_or_many(_PATH, MOST_RULES),
        "absent": words,
    }


def _number() -> dict[str, Any]:
    units = dict.fromkeys(unit for row in of_kind(Kind.SCALAR) for unit in accepted_units(row.unit))
    properties = {
        "path": _PATH,
        "quantity": _quantity(),
        "unit": {"enum": list(units), "description": "where it is not the quantity's own"},
        "scale": {"type": "number"},
        "offset": {"type": "number"},
        "absent": _one_or_many(_WORD, MOST_VALUES),
        "values": _named({"type": "number"}, MOST_VALUES),
        "poor": _named(_one_or_many(_WORD, MOST_VALUES), 8),
        "context": _TEXT,
        "time": {"$ref": "#/$defs/time"},
    }
    return _object(properties, "path", "quantity")


def _event() -> dict[str, Any]:
    says = {"$ref": "#/$defs/says"}
    properties = {
        "path": _PATH,
        "says": says,
        "values": _named(says, MOST_VALUES),
        "bits": {**_named(says, MOST_VALUES), "propertyNames": {"pattern": "^([0-9]|[1-5][0-9]|6[0-3])$"}},
        "absent": _one_or_many(_WORD, MOST_VALUES),
        "attributes": _named(_PATH, 16),
        "time": {"$ref": "#/$defs/time"},
    }
    told = [{"required": [name]} for name in ("says", "values", "bits")]
    return {**_object(properties, "path"), "oneOf": told}


def _quantity() -> dict[str, Any]:
    return {
        "oneOf": [{"const": row.code, "title": f"{row.en} / {row.zh} [{row.unit}]"} for row in of_kind(Kind.SCALAR)]
    }


def _says() -> dict[str, Any]:
    kinds = [
        {
            "enum": [f"{row.code}{state}" for state in ("", " on", *[" off"] * (row.code != "sos"))],
            "title": f"{row.en} / {row.zh}",
        }
        for row in of_kind(Kind.EVENT)
    ]
    return _one_or_many({"anyOf": [*kinds, {"const": "nothing"}]}, 8)


def _time() -> dict[str, Any]:
    form = {"anyOf": [{"enum": ["auto", "iso", "epoch_s", "epoch_ms"]}, {"type": "string", "pattern": "%"}]}
    zone = {"type": "string", "examples": ["+08:00", "Asia/Shanghai"]}
    return {"anyOf": [_PATH, _object({"path": _PATH, "form": form, "zone": zone}, "path")]}


def _example() -> dict[str, Any]:
    about = {"at": {"type": ["string", "number"]}, "source": _TEXT}
    number = {"quantity": _quantity(), "value": {"type": "number"}, "context": _TEXT, "poor": {"type": "boolean"}}
    event = {"event": {"$ref": "#/$defs/says"}, "attributes": _named({"type": ["string", "number", "boolean"]}, 200)}
    gives = [_object({**number, **about}, "quantity", "value"), _object({**event, **about}, "event")]
    properties = {
        "name": _TEXT,
        "topic": _TEXT,
        "door": {"enum": ["mqtt", "http"]},
        "payload": {"description": "a text, or the JSON itself"},
        "gives": {
            "anyOf": [{"const": "nothing"}, *gives, {"type": "array", "maxItems": 200, "items": {"anyOf": gives}}]
        },
        "error": {**_TEXT, "description": "a part of the reason for which it is refused"},
        "retained": {"type": "boolean"},
    }
    return {**_object(properties, "name", "payload"), "oneOf": [{"required": ["gives"]}, {"required": ["error"]}]}
