"""The few words in which SQLite and PostgreSQL differ, where lists are handed over as one JSON text."""

from __future__ import annotations

_LISTS = {
    "postgresql": "(SELECT json_array_elements_text(CAST(:{name} AS json)))",
    "sqlite": "(SELECT value FROM json_each(:{name}))",
}


def listed(kind: str, name: str) -> str:
    """Return the texts of a parameter that is a JSON list, to stand behind ``IN``."""
    return _LISTS[kind].format(name=name)
