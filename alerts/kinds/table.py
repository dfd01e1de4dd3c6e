"""Fits the data sheets together: every kind with all that is said of it, and nothing said twice or of nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

import msgspec

from alerts.kinds.sheet import AlertKind, Sheet, SheetError

T = TypeVar("T")


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
    _check_confirmed(sheets)
    found = {code: _whole(code, owner, sheets) for code, owner in owners.items()}
    return dict(sorted(found.items(), key=lambda item: item[1].number))


def _check_confirmed(sheets: Iterable[Sheet]) -> None:
    """Refuse a second kind that two devices confirm: the engine keeps one suspicion of a resident's device."""
    found = [
        (f"{sheet.path}.toml: kinds.{code}.confirmed_as", kind.confirmed_as)
        for sheet in sheets
        for code, kind in sheet.kinds.items()
        if kind.confirmed_as
    ]
    for field, value in found[1:]:
        raise SheetError(field, value, f"one of all sheets, which is {found[0][0]}")


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
