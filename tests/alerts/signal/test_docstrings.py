"""Every public name of `alerts.signal` says what goes in and out, in which shape and unit, and where it is from."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

import alerts.signal

FOLDER = Path(alerts.signal.__file__).parent
_ARRAYS = frozenset({"Float", "Times", "Samples", "Indices", "NDArray", "ndarray"})
_NUMBERS = frozenset({"int", "float"})
_STATE = frozenset({"snapshot", "restore", "shift", "shifted"})
"""What a class keeps is said by the class; these hand it over whole, or move its times."""
_HEADING = re.compile(r"^(\w[\w ]*)\n-+\n", re.MULTILINE)
_ENTRY = re.compile(r"^(\S.*)\n((?:[ ]{4}.*(?:\n|$))*)", re.MULTILINE)

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Documented(NamedTuple):
    """A public class, function or method."""

    name: str
    node: ast.ClassDef | Function
    is_method: bool
    references: frozenset[str]
    """Numbers of the references that its module lists."""

    @property
    def text(self) -> str:
        """Its docstring."""
        return ast.get_docstring(self.node) or ""

    def entries(self, section: str) -> Mapping[str, str]:
        """Return what a section says: name, or type of what comes out, -> all that is said of it."""
        parts = _HEADING.split(self.text + "\n")
        body = dict(zip(parts[1::2], parts[2::2], strict=True)).get(section, "")
        said = {}
        for head, description in _ENTRY.findall(body):
            names, _, kind = head.partition(" : ")
            for name in names.split(", ") if kind else (head,):
                said[name] = f"{head}\n{description}"
        return said


def _public(node: ast.stmt) -> bool:
    return isinstance(node, ast.ClassDef | Function) and not node.name.startswith("_")


def _documented(text: str, file: str) -> Iterator[Documented]:
    tree = ast.parse(text)
    references = frozenset(re.findall(r"^\.\. \[(\d+)\]", ast.get_docstring(tree) or "", re.MULTILINE))
    for node in filter(_public, tree.body):
        assert isinstance(node, ast.ClassDef | Function)
        yield Documented(f"{file}:{node.name}", node, is_method=False, references=references)
        for inner in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(inner, Function) and _public(inner) and inner.name not in _STATE and not _is_property(inner):
                name = f"{file}:{node.name}.{inner.name}"
                yield Documented(name, inner, is_method=True, references=references)


def _is_property(node: Function) -> bool:
    return any(isinstance(d, ast.Name) and d.id == "property" for d in node.decorator_list)


def _fields(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    """Return the public fields of a data class, and what its constructor is given."""
    for inner in node.body:
        if isinstance(inner, ast.AnnAssign) and isinstance(inner.target, ast.Name):
            if not inner.target.id.startswith("_"):
                yield inner.target.id, inner.annotation
        elif isinstance(inner, Function) and inner.name == "__init__":
            yield from _parameters(inner)


def _parameters(node: Function) -> Iterator[tuple[str, ast.expr]]:
    for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
        if argument.annotation is not None:
            yield argument.arg, argument.annotation


def _words(annotation: ast.expr) -> set[str]:
    return {n.id for n in ast.walk(annotation) if isinstance(n, ast.Name)} | {
        n.attr for n in ast.walk(annotation) if isinstance(n, ast.Attribute)
    }


def _lacks(annotation: ast.expr, said: str) -> list[str]:
    """Return what must be said of a value, and is not."""
    words = _words(annotation)
    lacking = []
    if words & _ARRAYS and not re.search(r"shape \(", said):
        lacking.append("shape")
    if words & (_ARRAYS | _NUMBERS) and not re.search(r"\[[^\]\d][^\]]*\](?!_)", said):
        lacking.append("unit")
    return lacking


def _faults(one: Documented) -> Iterator[str]:
    """Return everything that a docstring leaves open."""
    if isinstance(one.node, ast.ClassDef):
        said = {**one.entries("Parameters"), **one.entries("Attributes")}
        wanted = dict(_fields(one.node))
    else:
        said, wanted = {**one.entries("Parameters")}, dict(_parameters(one.node))
        yield from _faults_of_result(one, one.node)
        raised = {_raised(n) for n in ast.walk(one.node) if isinstance(n, ast.Raise) and n.exc is not None}
        yield from (f"{error} is raised" for error in raised - one.entries("Raises").keys())
    for name, annotation in wanted.items():
        if name not in said:
            yield f"{name} is not described"
        else:
            yield from (f"{name}: no {what}" for what in _lacks(annotation, said[name]))
    yield from (f"{name} does not exist" for name in said.keys() - wanted.keys() - _set_in_init(one.node))
    if not one.is_method and not re.search(r"^Source: \S", one.text, re.MULTILINE):
        yield "no source"
    yield from (f"[{n}] is no reference" for n in set(re.findall(r"\[(\d+)\]_", one.text)) - one.references)


def _faults_of_result(one: Documented, node: Function) -> Iterator[str]:
    if node.returns is None or (isinstance(node.returns, ast.Constant) and node.returns.value is None):
        return
    is_iterator = "Iterator" in _words(node.returns)
    said = one.entries("Yields" if is_iterator else "Returns")
    if not said:
        yield "what comes out is not described"
    yield from (f"what comes out: no {what}" for what in _lacks(node.returns, "\n".join(said.values())))


def _raised(node: ast.Raise) -> str:
    error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return error.id if isinstance(error, ast.Name) else ast.unparse(error) if error else ""


def _set_in_init(node: ast.AST) -> set[str]:
    """Return the public attributes that a constructor sets."""
    return {
        target.attr
        for made in ast.walk(node)
        if isinstance(made, ast.Assign | ast.AnnAssign)
        for target in (made.targets if isinstance(made, ast.Assign) else [made.target])
        if isinstance(target, ast.Attribute)
    }


FILES = {str(path.relative_to(FOLDER)): path.read_text("utf-8") for path in sorted(FOLDER.rglob("*.py"))}
ALL = [one for file, text in FILES.items() for one in _documented(text, file)]


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_shapes_units_errors_and_source_are_said(one: Documented) -> None:
    assert list(_faults(one)) == []


def test_there_is_something_to_ask() -> None:
    assert len(ALL) > 90


def test_every_reference_says_where_to_find_it() -> None:
    for file, text in FILES.items():
        for reference in re.findall(r"^\.\. \[\d+\].*(?:\n   .*)*", text, re.MULTILINE):
            known = re.search(r"doi:10\.\d{4,9}/\S+\.$", reference) or re.search(r":\d+.*\b\d{4}\.$", reference)
            assert known, f"{file}: {reference}"


_BARE = '''
def spectrum(wave: Float, rate_hz: float) -> Float:
    """Return the spectrum, as [2]_ has it.

    Parameters
    ----------
    wave : ndarray
        The signal. [mV]
    window : str
        Of another day.

    Returns
    -------
    ndarray, shape (n,)
        The spectrum.
    """
    raise ValueError("no")
'''


def test_what_is_left_open_is_found() -> None:
    (one,) = _documented(inspect.cleandoc(_BARE), "bare.py")
    assert sorted(_faults(one)) == [
        "ValueError is raised",
        "[2] is no reference",
        "no source",
        "rate_hz is not described",
        "wave: no shape",
        "what comes out: no unit",
        "window does not exist",
    ]
