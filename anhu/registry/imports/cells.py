"""Cells that mean more than their text: days, yes and no, several things in one cell, codes by their words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from anhu.contract.errors import FieldError

_DAY = re.compile(r"([0-9]{4})\s*[-/.年]\s*([0-9]{1,2})\s*[-/.月]\s*([0-9]{1,2})\s*日?(?:\s+0?0:00(?::00)?)?")
_PACKED = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_SERIAL = re.compile(r"[0-9]{4,5}")
_FIRST_SERIAL, _LAST_SERIAL = 2_000, 73_050  # 1905 to 2099
_EPOCH = date(1899, 12, 30)
_BETWEEN = re.compile(r"[;；、\n]")
_YES = frozenset({"1", "是", "有", "y", "yes", "true", "√", "✓"})
_NO = frozenset({"", "0", "否", "无", "n", "no", "false", "×"})


def day(field: str, text: str) -> str:
    """Return a day as YYYY-MM-DD: 1941/5/2, 19410502, 1941年5月2日, a spreadsheet's serial number.

    A year of two digits, and a day before its month, are refused: they may mean two days.
    """
    if not text:
        return ""
    found = _DAY.fullmatch(text) or _PACKED.fullmatch(text)
    try:
        if found:
            return date(*map(int, found.groups())).isoformat()
        if _SERIAL.fullmatch(text) and _FIRST_SERIAL <= int(text) <= _LAST_SERIAL:
            return (_EPOCH + timedelta(days=int(text))).isoformat()
    except ValueError:
        pass
    raise FieldError(
        field, text, "a day such as 1941-05-02, with the year first", zh="日期，如 1941-05-02（年在前，四位）"
    )


def yes(field: str, text: str) -> bool:
    """Tell whether a cell says yes. Raises `FieldError` for what is neither."""
    lowered = text.lower()
    if lowered in _YES:
        return True
    if lowered in _NO:
        return False
    raise FieldError(field, text, "yes or no", zh="是或否")


def several(text: str) -> list[str]:
    """Return the parts of a cell, between ``;``, ``、`` or line breaks."""
    return [part.strip() for part in _BETWEEN.split(text) if part.strip()]


def code(field: str, text: str, words: Mapping[str, str]) -> str:
    """Return the code that a word stands for; empty stays empty. Raises `FieldError`."""
    if not text:
        return ""
    if (found := words.get(text.lower())) is None:
        some = ", ".join(sorted(words)[:30])
        raise FieldError(field, text, f"one of {some}", zh=f"以下之一：{some}")
    return found


def medicines(cell: str, is_dangerous: Sequence[str] = ("!", "！")) -> list[dict[str, object]]:
    """Return medicines written as ``name dose; name dose``; ``!`` behind one marks a dangerous one."""
    found = []
    for part in several(cell):
        marked = part.endswith(tuple(is_dangerous))
        name, _, dose = part.rstrip("".join(is_dangerous)).strip().partition(" ")
        found.append({"name": name, "dose": dose.strip(), "dangerous": marked})
    return found
