"""Files, classes and functions stay small enough to be read: one idea each."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TOP = Path(__file__).parents[2]
FILE_LINES = 300
CLASS_LINES = 150
PUBLIC_METHODS = 12
FUNCTION_LINES = 40

EXCEPTIONS: dict[str, str] = {
    "alerts/engine/device_state.py:DeviceState": "one device's whole state, and the small questions asked of it",
    "alerts/engine/device_state.py:DeviceState (public methods)": "the same",
    "alerts/rules/rate_detector.py:RateDetector": "what it makes only when it is used is made in it",
    "anhu/registry/tables.py": "the tables that all others name; newer ones lie beside",
    "tests/conformance/test_store.py": "one suite for every store",
    "anhu/registry/migrations/versions/0001_lay_the_tables.py": "a migration is history: it lists every table once",
    "anhu/registry/migrations/versions/0001_lay_the_tables.py:_people": "the same",
    "anhu/registry/migrations/versions/0001_lay_the_tables.py:_directory": "the same",
    "anhu/registry/migrations/versions/0001_lay_the_tables.py:_alerts": "the same",
    "alerts/shadow/lane.py:ShadowLane": "what it waits for, counts, and is shut off by changes together",
    "gateway/doors/tls_transport.py:TlsTransport": "one state machine: parts would share all of its state",
    "gateway/doors/switchboard.py:Switchboard": "the same: a line is claimed, late, kept, given back or lost",
    "gateway/doors/mqtt/presence.py:Presence": "the same, of connections and the sessions behind them",
    "gateway/doors/mqtt/server.py:MqttServer": "it puts the parts of a door together; what they do is theirs",
    "gateway/doors/tcp/server.py:TcpServer": "the same",
    "gateway/doors/tcp/server.py:TcpServer.__init__": "the same",
    "tests/scenarios/town.py:Town": "what a scenario may say stands together, a sentence a method",
    "tests/scenarios/town.py:Town (public methods)": "the same",
}
"""What is longer, and why it may be."""


class Size(NamedTuple):
    """How long something is, and how long it may be."""

    name: str
    is_long: int
    may_be: int


def test_everything_is_short_enough_to_be_read() -> None:
    too_long = [size for size in _sizes() if size.is_long > size.may_be and size.name not in EXCEPTIONS]
    assert too_long == []


def test_every_exception_is_still_needed() -> None:
    too_long = {size.name for size in _sizes() if size.is_long > size.may_be}
    assert set(EXCEPTIONS) <= too_long


def test_what_is_too_long_is_found() -> None:
    body = "\n".join(f"        x = {n}" for n in range(CLASS_LINES))
    methods = "\n".join(f"    def m{n}(self): ..." for n in range(PUBLIC_METHODS + 1))
    found = _measured("f.py", f"class Long:\n{methods}\n    def run(self):\n{body}\n")
    assert {size.name for size in found if size.is_long > size.may_be} == {
        "f.py:Long",
        "f.py:Long (public methods)",
        "f.py:Long.run",
    }


def _sizes() -> Iterator[Size]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.py"], cwd=TOP, capture_output=True, text=True, check=True
    )
    for file in listed.stdout.split():
        if (TOP / file).exists():
            yield from _measured(file, (TOP / file).read_text("utf-8"))


def _measured(file: str, text: str) -> Iterator[Size]:
    yield Size(file, len(text.splitlines()), FILE_LINES)
    yield from _inside(file, "", ast.parse(text))


def _inside(file: str, prefix: str, node: ast.AST) -> Iterator[Size]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            name = f"{file}:{prefix}{child.name}"
            yield Size(name, _lines(child), CLASS_LINES)
            public = [m for m in child.body if _is_function(m) and not m.name.startswith("_")]  # type: ignore[attr-defined]
            yield Size(f"{name} (public methods)", len(public), PUBLIC_METHODS)
            yield from _inside(file, f"{prefix}{child.name}.", child)
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Size(f"{file}:{prefix}{child.name}", _lines(child) - _docstring_lines(child), FUNCTION_LINES)
            yield from _inside(file, f"{prefix}{child.name}.", child)


def _is_function(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def _lines(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def _docstring_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[0]
    is_text = (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    )
    return (first.end_lineno or 0) - first.lineno + 1 if is_text else 0
