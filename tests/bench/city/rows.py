"""The rows of a city, each table as one statement: made by the database itself, so that ten million take minutes.

Identities look like ours: without order. ``cid('r', 7)`` is always the same resident, so that tables agree without
being read. The sides A and B of the access matrix are the first two counties, with their first teams.
"""

from __future__ import annotations

from pathlib import Path

NOW_MS = 1_795_406_400_000
"""The matrix's clock. [ms]."""
YEARS_MS = 2 * 365 * 86_400_000
PARTS = ("places", "people", "devices", "alerts", "words")
AUDIT = "audit"
FUNCTIONS = "functions"


def text_of(name: str) -> str:
    """Return a file of statements."""
    return (Path(__file__).parent / f"{name}.sql").read_text("utf-8")


def statements(name: str) -> list[str]:
    """Return the statements of a file, one a table."""
    return [one.strip() for one in text_of(name).split(";\n") if one.strip()]
