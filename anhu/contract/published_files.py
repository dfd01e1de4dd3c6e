"""The documents of the open format that are published: `anhu docs` writes them to ``anhu/contract/published``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from anhu.contract import schema
from anhu.contract.asyncapi import asyncapi

ASYNCAPI_FILE = "asyncapi.json"
_MADE: Mapping[str, Callable[[], dict[str, Any]]] = {
    schema.SCHEMA_FILE: schema.wire_schema,
    schema.PUSH_FILE: schema.push_schema,
    schema.COMMAND_FILE: schema.command_schema,
    ASYNCAPI_FILE: asyncapi,
}


def documents() -> dict[str, str]:
    """Return the published files: name -> text."""
    return {name: json.dumps(make(), ensure_ascii=False, indent=2) + "\n" for name, make in _MADE.items()}


def write(folder: Path) -> None:
    """Write the published files into a folder, made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in documents().items():
        (folder / name).write_text(text, "utf-8")
