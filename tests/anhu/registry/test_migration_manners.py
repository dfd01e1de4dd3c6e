"""What a migration may not do to tables that alarms are written to: read from its text, before it ever runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from anhu.registry import migrations
from anhu.registry.migrations.online import BUSY_TABLES

_FOLDER = Path(migrations.__file__).parent / "versions"
_FROM = "0029"
"""The first that runs beside a city; what came before is history."""
_NEW = sorted(path for path in _FOLDER.glob("0*.py") if path.name[:4] >= _FROM)
_HEAVY = {
    "create_index": "build it with online.create_index: others may not write meanwhile",
    "alter_column": "it may rewrite the table, or read all of it, while nobody may write",
    "batch_alter_table": "on PostgreSQL it alters the table as a whole",
    "create_foreign_key": "add it NOT VALID, and validate it outside the transaction",
    "create_check_constraint": "add it NOT VALID, and validate it outside the transaction",
    "create_unique_constraint": "build the index concurrently first",
    "drop_index": "drop it with online.drop_index",
    "drop_table": "nobody may read or write it meanwhile, and what is in it is gone",
    "rename_table": "the version that still runs would find none",
}


def complaints(source: str) -> list[str]:
    """Return what is wrong with the way forward of a migration."""
    found: list[str] = []
    for function in _forward(ast.parse(source)):
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            found += _wrong(call)
    return found


def _forward(module: ast.Module) -> Iterator[ast.FunctionDef]:
    """Yield `upgrade` and what it calls; the way back is taken by nobody beside work."""
    functions = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
    waiting, seen = ["upgrade"], set()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in functions:
            continue
        seen.add(name)
        yield functions[name]
        waiting += [node.id for node in ast.walk(functions[name]) if isinstance(node, ast.Name)]


def _wrong(call: ast.Call) -> Iterator[str]:
    if not isinstance(call.func, ast.Attribute) or not isinstance(call.func.value, ast.Name):
        return
    if call.func.value.id != "op":
        return
    name, words = call.func.attr, [one.value for one in ast.walk(call) if isinstance(one, ast.Constant)]
    busy = sorted({word for word in words if isinstance(word, str)} & BUSY_TABLES)
    if name in _HEAVY and busy:
        yield f"line {call.lineno}: op.{name} of {busy[0]}: {_HEAVY[name]}"
    if name == "add_column" and busy and not _is_light(call):
        yield f"line {call.lineno}: op.add_column of {busy[0]}: must be null, or have a constant as server_default"
    if name == "execute":
        yield from _wrong_words(call, " ".join(word for word in words if isinstance(word, str)))


def _wrong_words(call: ast.Call, said: str) -> Iterator[str]:
    spoken = said.upper().split()
    tables = {table.upper() for table in BUSY_TABLES}
    for verb, after in (("UPDATE", "UPDATE"), ("DELETE", "FROM"), ("INSERT", "INTO")):
        if verb in spoken[:1] and after in spoken and spoken[spoken.index(after) + 1].strip('"') in tables:
            yield f"line {call.lineno}: {verb} of a busy table in one go: in portions, outside the transaction"
    if "CREATE" in spoken[:1] and "INDEX" in spoken[:3] and "CONCURRENTLY" not in spoken and "audit" not in said:
        yield f"line {call.lineno}: an index that keeps others from writing"


def _is_light(call: ast.Call) -> bool:
    columns = [one for one in ast.walk(call) if isinstance(one, ast.Call) and one is not call]
    named = {word.arg: word.value for one in columns for word in one.keywords}
    nullable = named.get("nullable")
    default = named.get("server_default")
    is_null = nullable is None or (isinstance(nullable, ast.Constant) and nullable.value is True)
    if default is None:
        return is_null
    if isinstance(default, ast.Call) and isinstance(default.func, ast.Attribute):
        return default.func.attr in {"true", "false"}
    return isinstance(default, ast.Constant)


@pytest.mark.parametrize("path", _NEW, ids=lambda path: path.name[:4])
def test_no_new_migration_keeps_alarms_waiting(path: Path) -> None:
    assert complaints(path.read_text("utf-8")) == []


_BAD = (
    'op.create_index("ix", "alert", ["kind"])',
    'op.alter_column("outbox", "reason", type_=sa.Text())',
    'op.add_column("resident", sa.Column("x", sa.String(9), nullable=False))',
    'op.add_column("resident", sa.Column("x", sa.String(9), nullable=False, server_default=sa.text("f()")))',
    'op.execute("UPDATE alert SET kind = kind")',
    'op.create_foreign_key("fk", "receipt", "outbox", ["a"], ["b"])',
)


@pytest.mark.parametrize("line", _BAD)
def test_what_would_keep_them_waiting_is_found(line: str) -> None:
    assert len(complaints(f"def upgrade():\n    _more()\n\ndef _more():\n    {line}\n")) == 1
    assert complaints(f"def upgrade():\n    pass\n\ndef downgrade():\n    {line}\n") == []


def test_a_light_change_passes() -> None:
    light = 'op.add_column("alert", sa.Column("x", sa.Boolean(), nullable=False, server_default=sa.false()))'
    assert complaints(f"def upgrade():\n    {light}\n    op.create_index('ix', 'new_table', ['kind'])\n") == []
