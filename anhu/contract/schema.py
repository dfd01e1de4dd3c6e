"""The published documents of the open wire format, made from the structs that decode it and the quantity table.

`anhu docs` writes them to ``anhu/contract/published``; a test holds them equal to what is made here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from anhu.contract import topics, wire
from anhu.contract.quantities import Kind, Quantity, of_kind
from anhu.contract.units import accepted_units

SCHEMA_ID = "urn:anhu:wire:v1"
SCHEMA_FILE = "wire-v1.schema.json"
ASYNCAPI_FILE = "asyncapi.json"
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


def asyncapi() -> dict[str, Any]:
    """Return the AsyncAPI 3.0 document: who may send what to which topic."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Anhu device interface",
            "version": "1.0.0",
            "description": "QoS 1; a PUBACK means that the message is on disk. A device speaks only for itself.",
        },
        "defaultContentType": "application/json",
        "channels": _channels(),
        "operations": {
            "sendReport": {"action": "send", "channel": {"$ref": "#/channels/up"}},
            "callForHelp": {"action": "send", "channel": {"$ref": "#/channels/urgent"}},
            "receiveCommand": {"action": "receive", "channel": {"$ref": "#/channels/commands"}},
        },
        "components": {
            "messages": {
                "report": {
                    "title": "A report of a device",
                    "payload": {
                        "schemaFormat": "application/schema+json;version=draft-2020-12",
                        "schema": {"$ref": f"./{SCHEMA_FILE}"},
                    },
                },
                "command": {"title": "Something the platform wants of a device", "payload": _command()},
            }
        },
    }


def _channels() -> dict[str, Any]:
    device = {"deviceId": {"description": "The device's identity; also its MQTT user name and client identifier."}}
    return {
        "up": {"address": _address(topics.UP), "parameters": device, "messages": {"report": _ref("report")}},
        "urgent": {
            "address": _address(topics.URGENT),
            "description": "Calls for help: through a broker they wait behind no other message.",
            "parameters": device,
            "messages": {"report": _ref("report")},
        },
        "commands": {
            "address": _address(topics.COMMANDS),
            "parameters": device,
            "messages": {"command": _ref("command")},
        },
    }


def _address(template: str) -> str:
    return template.replace("{device_id}", "{deviceId}")


def _ref(message: str) -> dict[str, str]:
    return {"$ref": f"#/components/messages/{message}"}


def _command() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["v", "command", "id", "arguments"],
        "properties": {
            "v": {"const": 1},
            "command": {"enum": ["ask_ok", "measure", "locate", "find", "configure"]},
            "id": {"type": "string", "description": "Tells a command that was sent again from a new one."},
            "arguments": {"type": "object", "additionalProperties": {"type": ["string", "number"]}},
        },
    }


def documents() -> dict[str, str]:
    """Return the published files: name -> text."""
    return {
        name: json.dumps(made, ensure_ascii=False, indent=2) + "\n"
        for name, made in ((SCHEMA_FILE, wire_schema()), (ASYNCAPI_FILE, asyncapi()))
    }


def write(folder: Path) -> None:
    """Write the published files into a folder, made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in documents().items():
        (folder / name).write_text(text, "utf-8")
