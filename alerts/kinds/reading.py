"""Finds the data sheets by walking and reads them strictly."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

import msgspec

from alerts.kinds.sheet import (
    AlertKind,
    AlsoKind,
    Emergency,
    Level,
    Limit,
    Measured,
    Route,
    Sentence,
    Sheet,
    SheetError,
    Side,
    Words,
)
from anhu.contract.quantities import Kind, of_kind

T = TypeVar("T")
PLACES = ("detectors", "engine")
"""Folders of `alerts` where sheets stand."""
_FIELDS = frozenset(Sheet.__struct_fields__) - {"path"}
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "priority": get_args(Level),
    "unworn": get_args(Level),
    "route": tuple(Route),
    "emergency": get_args(Emergency),
    "side": get_args(Side),
}
_NAMED_FIELD = re.compile(r"Object (missing required|contains unknown) field `(\w+)`")


def read_sheets(root: Path) -> Mapping[str, Sheet]:
    """Return every sheet below a folder, by its path. Raises `SheetError`."""
    files = (file for place in PLACES for file in sorted((root / place).rglob("*.toml")))
    return {sheet.path: sheet for sheet in (read_sheet(file, root) for file in files)}


def read_sheet(file: Path, root: Path) -> Sheet:
    """Return one sheet. Raises `SheetError`."""
    path = file.relative_to(root).as_posix()
    if not file.with_suffix(".py").is_file():
        raise SheetError(path, file.name, f"a module {file.stem}.py beside it")
    try:
        raw = tomllib.loads(file.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SheetError(path, str(error), "TOML") from error
    for name in raw.keys() - _FIELDS:
        raise SheetError(f"{path}: {name}", raw[name], "no such field")
    sheet = Sheet(
        path=path.removesuffix(".toml"),
        kinds=_table(raw, "kinds", AlertKind, path),
        also=_table(raw, "also", AlsoKind, path),
        say=_converted(raw.get("say", []), tuple[Sentence, ...], f"{path}: say"),
        limits=_table(raw, "limits", Limit, path),
        features=_table(raw, "features", Words, path),
        phases=_table(raw, "phases", Words, path),
        notes=_table(raw, "notes", Words, path),
        measured=_converted(raw["measured"], Measured, f"{path}: measured") if "measured" in raw else None,
    )
    _check_drawn(sheet)
    return sheet


def _check_drawn(sheet: Sheet) -> None:
    """Refuse charts of what is no number, and limits that are no lines."""
    numbers = {row.code for row in of_kind(Kind.SCALAR)}
    charts = [(f"kinds.{code}.charts", kind.charts) for code, kind in sheet.kinds.items()]
    for name, limit in sheet.limits.items():
        field = f"{sheet.path}.toml: limits.{name}"
        if limit.default != "none" and not limit.low <= limit.default <= limit.high:
            raise SheetError(f"{field}.default", limit.default, f"{limit.low:g} to {limit.high:g}")
        if limit.drawn is not None:
            charts.append((f"limits.{name}.drawn.on", limit.drawn.on))
            if limit.default == "none":
                raise SheetError(f"{field}.drawn", limit.drawn.on, "none without a default: nothing could be drawn")
    for field, quantities in charts:
        for quantity in quantities:
            if quantity not in numbers:
                raise SheetError(f"{sheet.path}.toml: {field}", quantity, "a number of the quantity table")


def _table(raw: Mapping[str, Any], name: str, cls: type[T], path: str) -> dict[str, T]:
    entries = _converted(raw.get(name, {}), dict[str, Any], f"{path}: {name}")
    return {key: _converted(entry, cls, f"{path}: {name}.{key}") for key, entry in entries.items()}


def _converted(raw: object, cls: type[T], field: str) -> T:
    try:
        return msgspec.convert(raw, cls)
    except msgspec.ValidationError as error:
        raise _refused(field, raw, str(error)) from None


def _refused(field: str, raw: object, message: str) -> SheetError:
    """Turn the decoder's message into field, value, expected."""
    said, _, where = message.partition(" - at `$")
    where = where.rstrip("`")
    named = _NAMED_FIELD.fullmatch(said)
    if named is None:
        choices = _CHOICES.get(where.rpartition(".")[2])
        expected = "one of " + ", ".join(choices) if choices else f"other than that: {said}"
        return SheetError(f"{field}{where}", _at(raw, where), expected)
    where = f"{where}.{named[2]}"
    if named[1] == "missing required":
        return SheetError(f"{field}{where}", None, "it to be decided")
    return SheetError(f"{field}{where}", _at(raw, where), "no such field")


def _at(raw: Any, where: str) -> object:  # noqa: ANN401 - parsed TOML is of any shape
    """Return what stands at a decoder's path, ``.say[0].zh``."""
    for step in re.findall(r"\w+", where):
        raw = raw[int(step) if step.isdigit() else step]
    return raw
