"""The services' source, read: whoever touches residents goes through the one helper that decides who sees whom."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import api

ROOT = Path(next(iter(api.__path__)))
SERVICES = sorted((ROOT / "services").glob("*.py"))
GUARDED = {"Resident", "Alert", "AlertEvent", "Device", "DeviceCommand", "ResidentLimit", "FamilyLink", "store"}
GUARDS = {
    "visible_residents",
    "visible_alerts",
    "visible_devices",
    "visible_resident",
    "visible_alert",
    "visible_device",
}
UNGUARDED = {
    "live.recent_ids": "numbers only, to know that something happened",
    "live.open_stream": "the newest number only",
    "residents.create_resident": "an admin makes a new one",
    "users.list_users": "an admin reads who is linked to whom",
    "users.create_user": "the same",
    "users.change_user": "the same",
}
WITHOUT_ROLE = {
    "auth.login": "nobody is known yet",
    "auth.viewer_by_token": "finds out who it is",
    "auth.logout": "everybody may",
    "auth.me": "everybody may",
    "tokens.list_tokens": "one's own; others' by `may`",
    "tokens.revoke_token": "one's own; others' by `may`",
    "tokens.create_token": "one's own; others' by `require`",
}


def functions(file: Path) -> dict[str, ast.FunctionDef]:
    tree = ast.parse(file.read_text("utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def names(node: ast.AST) -> set[str]:
    found = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    return found | {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}


def reached(name: str, all_of: dict[str, ast.FunctionDef], seen: set[str] | None = None) -> set[str]:
    """Return the names used by a function and, within its file, by what it calls."""
    seen = set() if seen is None else seen
    seen.add(name)
    used = names(all_of[name])
    for other in used & set(all_of) - seen:
        used |= reached(other, all_of, seen)
    return used


def _public() -> Iterator[tuple[str, str, set[str], list[str]]]:
    for file in SERVICES:
        found = functions(file)
        for name, node in found.items():
            if not name.startswith("_"):
                yield file.stem, name, reached(name, found), [one.arg for one in node.args.args]


@cache
def public() -> tuple[tuple[str, str, set[str], list[str]], ...]:
    """Return module, name, names used, and arguments of every service."""
    return tuple(_public())


def test_there_is_something_to_read() -> None:
    assert len(public()) > 40


@pytest.mark.parametrize(("module", "name", "used", "arguments"), public(), ids=lambda value: str(value)[:40])
def test_a_service_goes_through_the_helper(module: str, name: str, used: set[str], arguments: list[str]) -> None:
    if arguments[:1] != ["deps"]:
        return  # a part of other services: it is reached through them
    full = f"{module}.{name}"
    if "viewer" in arguments and full not in WITHOUT_ROLE:
        assert "require" in used, f"{full} does not ask for the role"
    if used & GUARDED and full not in UNGUARDED:
        assert "viewer" in arguments, f"{full} does not know who asks"
        assert used & GUARDS or _delegates(used), f"{full} does not go through api.security.visibility"


def _delegates(used: set[str]) -> bool:
    """Tell whether it leaves the question to another service, which is checked itself."""
    guarded = {name for _, name, others, _ in public() if others & GUARDS}
    return bool(used & guarded)


@pytest.mark.parametrize("file", sorted(ROOT.glob("routes/*.py")) + sorted(ROOT.glob("web/*.py")), ids=lambda f: f.name)
def test_routes_and_pages_know_no_database(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for module in modules:
            assert not module.startswith(
                ("sqlalchemy", "alerts.episodes", "alerts.tables", "anhu.registry.database")
            ), module


def test_exceptions_are_still_there() -> None:
    known = {f"{module}.{name}" for module, name, _, _ in public()}
    assert set(UNGUARDED) | set(WITHOUT_ROLE) <= known
