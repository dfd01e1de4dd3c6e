"""JSON Schemas of what is ours to define, made from the structs that decode it and from the quantity table."""

from __future__ import annotations

from typing import Any

import msgspec

from anhu.contract import wire
from anhu.contract.quantities import Kind, Quantity, of_kind
from anhu.contract.units import accepted_units

SCHEMA_ID = "urn:anhu:wire:v1"
SCHEMA_FILE = "wire-v1.schema.json"
PUSH_FILE = "push-v1.schema.json"
COMMAND_FILE = "command-v1.schema.json"
_REFERENCE = "#/$defs/{name}"


def wire_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of one message of format v1.

    What it cannot say, and `anhu.contract.wire.decode` still checks: the zone of a time, the size of a message,
    and that every row of a waveform is as long as its channels.
    """
    _, definitions = msgspec.json.schema_components([wire.WireMessage], ref_template=_REFERENCE)
    message = definitions.pop("WireMessage")
    message["properties"]["values"] = _values(definitions.pop("Measured"))
    message["anyOf"] = [
        {"required": ["values"], "properties": {"values": {"minProperties": 1}}},
        {"required": ["events"], "properties": {"events": {"minItems": 1}}},
        {"required": ["waveforms"], "properties": {"waveforms": {"minItems": 1}}},
        {"required": ["answer"]},
    ]
    definitions["WireEvent"]["properties"]["kind"] = _codes(Kind.EVENT)
    definitions["WireWaveform"] = _waveform(definitions["WireWaveform"])
    _restrict_times(message, *definitions.values())
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        **message,
        "title": "Anhu open JSON wire format, version 1",
        "$defs": definitions,
    }


def _values(measured: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "description": "Numbers by the code of their quantity; the unit is the quantity's where none is given.",
        "properties": {row.code: _value(row, measured) for row in of_kind(Kind.SCALAR)},
        "additionalProperties": False,
    }


def _value(row: Quantity, measured: dict[str, Any]) -> dict[str, Any]:
    properties = {**measured["properties"], "unit": {"enum": ["", *accepted_units(row.unit)]}}
    return {
        "title": f"{row.en} / {row.zh} [{row.unit}]",
        "description": f"Plausible from {row.low:g} to {row.high:g} {row.unit}; a value outside is kept and flagged.",
        "anyOf": [{"type": "number"}, {**measured, "properties": properties}],
    }


def _codes(kind: Kind) -> dict[str, Any]:
    return {"oneOf": [{"const": row.code, "title": f"{row.en} / {row.zh}"} for row in of_kind(kind)]}


def _waveform(struct: dict[str, Any]) -> dict[str, Any]:
    properties = struct["properties"]
    units = sorted({"", *(u for row in of_kind(Kind.WAVEFORM) for u in accepted_units(row.unit))})
    return {
        **struct,
        "properties": {
            **properties,
            "quantity": _codes(Kind.WAVEFORM),
            "sampling_rate_hz": {"type": "number", "minimum": 0.1, "maximum": 2_000},
            "samples": {"type": "array", "minItems": 1, "items": properties["samples"]["anyOf"][0]["items"]},
            "samples_int16": {"type": "string", "contentEncoding": "base64", "minLength": 4},
            "unit": {"enum": units},
        },
        "oneOf": [{"required": ["samples"]}, {"required": ["samples_int16"]}],
    }


def _restrict_times(*structs: dict[str, Any]) -> None:
    time = {
        "description": "RFC 3339 with a zone, or UTC milliseconds since 1970. Leave it out if the clock is unset.",
        "anyOf": [
            {"type": "integer", "minimum": wire.MIN_TIME_MS, "maximum": wire.MAX_TIME_MS},
            {"type": "string", "format": "date-time", "maxLength": 40},
            {"type": "null"},
        ],
    }
    for struct in structs:
        for holder in (struct["properties"], *_inlined(struct)):
            if "time" in holder:
                holder["time"] = time


def _inlined(struct: dict[str, Any]) -> list[dict[str, Any]]:
    values = struct["properties"].get("values", {}).get("properties", {})
    return [value["anyOf"][1]["properties"] for value in values.values()]


def push_schema() -> dict[str, Any]:
    """Return the JSON Schema of a push over HTTP: one message of one device, or many of many."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:anhu:push:v1",
        "title": "Body of a push to /push/{product}, version 1",
        "description": "One message needs the header X-Anhu-Device; each of many names its device.",
        "oneOf": [{"$ref": f"./{SCHEMA_FILE}"}, {"$ref": "#/$defs/Many"}],
        "$defs": {
            "Many": {
                "type": "array",
                "maxItems": wire.MAX_PUSHED,
                "items": {
                    "type": "object",
                    "required": ["device", "message"],
                    "properties": {
                        "device": {"type": "string", "minLength": 1, "description": "Identity of who measured it."},
                        "message": {"$ref": f"./{SCHEMA_FILE}"},
                    },
                },
            }
        },
    }


def command_schema() -> dict[str, Any]:
    """Return the JSON Schema of what the platform wants of a device."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:anhu:command:v1",
        "title": "A command, version 1",
        "type": "object",
        "required": ["v", "command", "id", "arguments"],
        "properties": {
            "v": {"const": 1},
            "command": {"oneOf": [{"const": name, "title": told} for name, told in wire.COMMANDS.items()]},
            "id": {"type": "string", "description": "Tells a command that was sent again from a new one."},
            "arguments": {"type": "object", "additionalProperties": {"type": ["string", "number"]}},
        },
    }
