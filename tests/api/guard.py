"""The API's source, read: who touches the database and the store, and whether it asks who may see whom.

Two rules. A service that touches residents' data goes through `api.security.visibility`, itself or by a visit that
checks. And nobody but services and visits touches the database or the store.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

GUARDED = {"Resident", "Alert", "AlertEvent", "Device", "DeviceCommand", "ResidentLimit", "FamilyLink", "store"} | {
    "CareRecord",
    "Consent",
    "Ending",
    "ResidentIdentity",
    "ResidentPhoto",
    "Stay",
}
GUARDED = {"Resident", "Alert", "AlertEvent", "Device", "DeviceCommand", "ResidentLimit", "FamilyLink", "store"}
GUARDED |= {"QuarantinedDevice", "UnassignedReading"}
GUARDED |= {"CareMessage", "ServiceRequest", "FamilyWord", "SheetLink"}
FILTERS = {
    "managed_resident",
    "visible_residents",
    "visible_alerts",
    "visible_devices",
    "visible_products",
    "visible_strangers",
    "visible_unassigned",
    "visible_resident",
    "visible_alert",
    "visible_device",
    "answer_alert",
}
CHECKING_VISITS = {"visit_resident", "visit_alert", "visit_device"}
ASKS_ROLE = {"require", "visit_many", "answer_alert", *CHECKING_VISITS}
CHECKED = {"ResidentVisit", "AlertVisit", "DeviceVisit"}
"""Whoever is handed one of these may see whom it is about."""

SERVED = {
    "visit.py": "the way in",
    "dependencies.py": "holds store and sessions",
    "look_journal.py": "puts rows on record that visits hand to it",
    "security/visibility.py": "makes conditions; a session is handed to it",
    "security/managing.py": "the same",
    "security/audit.py": "writes the row; a session is handed to it",
    "security/viewers.py": "reads a row that is handed to it",
}
"""Files outside the services that may name the database."""
BEHIND = (
    "alerts.episodes",
    "alerts.tables",
    "anhu.log",
    "anhu.registry.database",
    "anhu.registry.people_tables",
    "anhu.registry.tables",
    "ingest",
    "sqlalchemy",
)
WORDS = {
    "alerts.episodes.lifecycle",
    "alerts.episodes.policies.policy",
    "ingest.store.port.Range",
    "ingest.store.port.StoreUnavailableError",
    "sqlalchemy.exc.SQLAlchemyError",
}
"""What may be named of all that: words, a stretch of time, errors."""
HANDS_OFF = {"store", "session", "sessions"}
"""Attributes of the dependencies and of a visit that are for services."""


@dataclass(frozen=True, slots=True)
class Function:
    """A public function of a service: the names it and its file's functions use, and what it takes."""

    name: str
    used: frozenset[str]
    arguments: tuple[str, ...]
    first_type: str


def public_functions(file: Path) -> Iterator[Function]:
    """Yield a service's functions."""
    tree = ast.parse(file.read_text("utf-8"))
    found = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    for name, node in found.items():
        if not name.startswith("_"):
            arguments = node.args.args
            first_type = ast.unparse(arguments[0].annotation) if arguments and arguments[0].annotation else ""
            used = frozenset(_reached(name, found, set()))
            yield Function(f"{file.stem}.{name}", used, tuple(one.arg for one in arguments), first_type)


def _reached(name: str, found: dict[str, ast.FunctionDef], seen: set[str]) -> set[str]:
    """Return the names used by a function and, within its file, by what it calls."""
    seen.add(name)
    nodes = list(ast.walk(found[name]))
    used = {one.id for one in nodes if isinstance(one, ast.Name)}
    used |= {one.attr for one in nodes if isinstance(one, ast.Attribute)}
    for other in used & set(found) - seen:
        used |= _reached(other, found, seen)
    return used


def asks_role(function: Function) -> bool:
    """Tell whether a function that is told who asks looks at the role."""
    return "viewer" not in function.arguments or bool(function.used & ASKS_ROLE)


def asks_who_sees_whom(function: Function) -> bool:
    """Tell whether a function that touches residents' data filters it, or was let in by a visit that checked."""
    if not function.used & GUARDED or function.arguments[:1] not in {("deps",), ("visit",)}:
        return True  # a part of others: it is reached through them
    if function.arguments[:1] == ("visit",):
        return function.first_type in CHECKED or bool(function.used & FILTERS)
    return "viewer" in function.arguments and bool(function.used & (FILTERS | CHECKING_VISITS))


def ways_round(source: str) -> list[str]:
    """Return what a file outside the services does to reach database or store by itself."""
    found = []
    for node in ast.walk(ast.parse(source)):
        found += [name for name in _imported(node) if _is_behind(name)]
        if isinstance(node, ast.Attribute) and node.attr in HANDS_OFF:
            found.append(ast.unparse(node))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("getattr", "attrgetter")):
            found += [one.value for one in node.args if isinstance(one, ast.Constant) and one.value in HANDS_OFF]
    return found


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


def _is_behind(name: str) -> bool:
    if any(name == word or name.startswith(f"{word}.") for word in WORDS):
        return False
    return any(name == one or name.startswith((f"{one}.", f"{one}_")) for one in BEHIND)
