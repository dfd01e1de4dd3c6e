"""Everything that the program puts on record is told in words, in both languages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from anhu.contract.words import catalogue

TOP = Path(__file__).parents[2]
WRITERS = {"record", "_record", "_audit", "_audit_row", "audit_row", "visit_many", "visit_resident", "visit_alert"}
WRITERS |= {"visit_device", "_visited", "answer_alert", "Refusal", "Audit"}


def _written() -> Iterator[str]:
    """Yield the literal actions of every call that writes to the log."""
    for room in ("api", "alerts", "anhu"):
        for file in sorted((TOP / room).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in WRITERS:
                    yield from _actions([*node.args, *(one.value for one in node.keywords if one.arg == "action")])


def _actions(values: list[ast.expr]) -> Iterator[str]:
    for one in values:
        said = one.value if isinstance(one, ast.Constant) else None
        if isinstance(said, str) and said.replace(".", "").replace("_", "").isalpha():
            yield said


def test_every_action_that_is_written_has_words() -> None:
    found = sorted(set(_written()))
    assert len(found) > 90, "the calls that write are found"
    known = catalogue()
    wanted = {
        f"web.audit_{'deed' if place else 'object'}.{part}"
        for action in found
        for place, part in enumerate(action.split("."))
    }
    assert sorted(wanted - set(known)) == []
