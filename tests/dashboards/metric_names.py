"""Which numbers there are: the names that the code says, in the form in which Prometheus knows them.

A process's plain counters are named in the code where they are counted, the door's behind a prefix.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from anhu.contract.exposition import of_process

TOP = Path(__file__).parents[2]
_WORD = re.compile(r"[a-z][a-z0-9_]*")
_NAMED = re.compile(r"anhu_[a-z0-9_]+")
_FOLDERS = {
    "gateway": ("gateway", "anhu/log", "app/processes"),
    "alerts": ("alerts", "anhu/log", "anhu/registry", "app/processes"),
    "ingest": ("ingest", "anhu/log", "anhu/registry", "app/processes"),
    "api": ("api",),
    "watcher": ("app/heartbeat", "app/processes"),
    "dispatcher": ("notify",),
}
_PREFIXES = {
    "gateway": ("", "intake_", "strangers_", "push_", "tcp_", "broker_", "log_"),
    "alerts": ("", "log_"),
    "ingest": ("", "log_"),
    "api": ("", "looks_"),
}
_ALWAYS = {"up"}


@cache
def catalogue() -> frozenset[str]:
    """Return the name of every series that there can be, but those of histograms, whose stem is in it."""
    families = {word for folder in ("anhu", "app", "api") for word in _words(folder) if _NAMED.fullmatch(word)}
    return frozenset(_ALWAYS | families | {name for process in _FOLDERS for name in _of(process)})


def names_in(expression: str) -> set[str]:
    """Return the names of series in an expression; a histogram's by its stem."""
    return {name.removesuffix("_bucket") for name in _NAMED.findall(re.sub(r'"[^"]*"', "", expression))}


def _of(process: str) -> Iterator[str]:
    words = {word for folder in _FOLDERS[process] for word in _words(folder)}
    for prefix in _PREFIXES.get(process, ("",)):
        counters = {f"{prefix}{word}": 1.0 for word in words}
        counters |= {"backlog_bytes_0": 1.0} if prefix == "" else {}
        for family in of_process(process, counters):
            yield f"{family.name}_total" if family.kind == "counter" else family.name


@cache
def _words(folder: str) -> frozenset[str]:
    """Return every literal that is a plain word, and every field of a class, below a folder."""
    return frozenset(word for file in (TOP / folder).rglob("*.py") for word in _words_of(file))


def _words_of(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _WORD.fullmatch(node.value):
            yield node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id
