"""Finds the data sheets by walking, reads them strictly, and refuses what does not fit together."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
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
    Side,
    Words,
)
from anhu.contract.errors import FieldError

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


class SheetError(FieldError):
    """A data sheet that says something wrong, or leaves something undecided: the start must stop."""


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
    return Sheet(
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


def table_of_kinds(sheets: Iterable[Sheet]) -> Mapping[str, AlertKind]:
    """Return every kind by its code in the catalogue's order, with what other sheets add to it.

    Raises
    ------
    SheetError
        If two sheets own a kind, a sheet names one that nobody owns, or a kind has no sentence.
    """
    sheets = tuple(sheets)
    owners: dict[str, Sheet] = {}
    for sheet in sheets:
        for code in sheet.kinds:
            if code in owners:
                raise SheetError(f"{sheet.path}.toml: kinds.{code}", code, f"one owner; {owners[code].path}.toml is it")
            owners[code] = sheet
    for sheet in sheets:
        for field, code in _named_by(sheet):
            if code not in owners or (field == "also" and code in sheet.kinds):
                raise SheetError(f"{sheet.path}.toml: {field}", code, "a kind that another sheet owns")
    found = {code: _whole(code, owner, sheets) for code, owner in owners.items()}
    return dict(sorted(found.items(), key=lambda item: item[1].number))


def _named_by(sheet: Sheet) -> Iterable[tuple[str, str]]:
    yield from (("also", code) for code in sheet.also)
    for code, kind in sheet.kinds.items():
        if kind.storm is not None:
            yield f"kinds.{code}.storm.becomes", kind.storm.becomes
        if kind.confirmed_as:
            yield f"kinds.{code}.confirmed_as", kind.confirmed_as


def _whole(code: str, owner: Sheet, sheets: Iterable[Sheet]) -> AlertKind:
    """Return a kind with what is said of it by every sheet whose module raises it."""
    kind = owner.kinds[code]
    added = [sheet.also[code] for sheet in sheets if code in sheet.also]
    say = [*kind.say, *(one for also in added for one in also.say)]
    say += [one for sheet in sheets if code in sheet.raises for one in sheet.say]
    blind = [*kind.blind, *(one for also in added for one in also.blind)]
    for field, found in (("say", say), ("blind", blind)):
        if not found:
            raise SheetError(f"{owner.path}.toml: kinds.{code}.{field}", found, "at least one sentence")
    return msgspec.structs.replace(kind, say=tuple(say), blind=tuple(blind))


def joined(tables: Iterable[tuple[str, Mapping[str, T]]]) -> Mapping[str, T]:
    """Return tables of several sheets as one. Raises `SheetError` for a name that stands twice."""
    found: dict[str, T] = {}
    for path, table in tables:
        for name, entry in table.items():
            if name in found:
                raise SheetError(f"{path}.toml: {name}", name, "a name that no other sheet has")
            found[name] = entry
    return found
