"""The one catalogue of what people read: every sentence in Simplified Chinese and English, side by side.

Each TOML file of this folder holds tables of entries ``name = { zh = "…", en = "…" }``; a sentence's key is its table
and name: ``login.title``. Values in braces are filled in with `str.format`. Names of quantities and alerts stand in
their own tables (`anhu.contract.quantities`, `alerts.kinds`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal

Language = Literal["zh-CN", "en"]
LANGUAGES: tuple[Language, ...] = ("zh-CN", "en")
_FIELD: dict[str, str] = {"zh-CN": "zh", "en": "en"}


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Return key -> {zh, en}. Raises `ValueError` for a key that stands twice or lacks a language."""
    entries: dict[str, Mapping[str, str]] = {}
    for file in sorted(resources.files(__package__).iterdir(), key=lambda f: f.name):
        if not file.name.endswith(".toml"):
            continue
        for key, entry in _entries(tomllib.loads(file.read_text("utf-8")), file.name):
            if key in entries:
                raise ValueError(f"{file.name}: {key} stands in the catalogue twice")
            entries[key] = entry
    return entries


def _entries(table: Mapping[str, Any], file: str, prefix: str = "") -> Iterator[tuple[str, Mapping[str, str]]]:
    for name, value in table.items():
        key = f"{prefix}{name}"
        if set(value) == {"zh", "en"}:
            yield key, value
        elif "zh" in value or "en" in value:
            raise ValueError(f"{file}: {key} needs zh and en, and nothing else")
        else:
            yield from _entries(value, file, f"{key}.")


def text(key: str, language: str, **values: object) -> str:
    """Return a sentence in a language. Raises `KeyError` for a key the catalogue does not have."""
    sentence = catalogue()[key][_FIELD[language]]
    return sentence.format(**values) if values else sentence
