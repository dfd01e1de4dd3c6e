"""Codes of China's regions: which there are, what they are called, which ones a few typed characters mean.

Six digits are a county (GB/T 2260), nine a street or town (GB/T 10114), twelve a village; two and four a province and
a city. The table is read at the first question: most processes never ask.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from anhu.contract.errors import FieldError

_CODES = Path(__file__).with_name("codes.txt")
_NAMELESS = "-"
_CODE = re.compile(r"[0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12}")
_PROVINCE, _CITY, _COUNTY, _TOWN = 2, 4, 6, 9
_WITHOUT_MEANING = frozenset({_NAMELESS, "市辖区", "县"})
_PARTS = (_PROVINCE, _CITY, _COUNTY, _TOWN)


class Region(NamedTuple):
    """A region: its code, and its name with those around it, ``浙江省 杭州市 西湖区 北山街道``."""

    code: str
    name: str


@cache
def _names() -> Mapping[str, str]:
    """Return code -> its own name, of provinces, cities, counties and towns."""
    found: dict[str, str] = {}
    for line in _CODES.read_text("utf-8").splitlines():
        code, name, *towns = line.split(" ")
        found[code] = name
        for town in towns:
            found[code + town[:3]] = town[3:]
    return found


def region_name(code: str) -> str:
    """Return the name of a region with those around it, as far as its digits are known; empty for none."""
    names = _names()
    parts = [names.get(code[:length], "") for length in _PARTS if len(code) >= length]
    return " ".join(part for part in parts if part and part not in _WITHOUT_MEANING)


def is_region(code: str) -> bool:
    """Tell whether there is such a region; of a village its town must be known, of a town without one its county."""
    names = _names()
    if _CODE.fullmatch(code) is None:
        return False
    county = code[:_COUNTY]
    is_county = county in names or (county.endswith("00") and county[:_CITY] in names)
    if len(code) <= _COUNTY:
        return is_county
    return code[:_TOWN] in names or (is_county and not _has_towns(county))


@cache
def _has_towns(county: str) -> bool:
    return any(len(code) == _TOWN and code.startswith(county) for code in _names())


def find_regions(text: str, *, most: int = 20) -> list[Region]:
    """Return regions whose code begins with what was typed, or whose name holds every word of it; the wider first."""
    words = text.split()
    if not words:
        return []
    found = sorted(_matching(words), key=lambda code: (len(code), code))[:most]
    return [Region(code, region_name(code)) for code in found]


def _matching(words: list[str]) -> Iterator[str]:
    names = _names()
    for code, name in names.items():
        if words[0].isdigit():
            if code.startswith(words[0]):
                yield code
        elif words[-1] in name and all(word in region_name(code) for word in words[:-1]):
            yield code


def chosen_region(field: str, text: str) -> str:
    """Return the code that a person means: a code, or a name that only one region has. Raises `FieldError`."""
    text = text.strip()
    if not text:
        return ""
    typed = text.partition(" ")[0]
    if typed.isdigit():
        check_region(field, typed)
        return typed
    found = [one for one in find_regions(text, most=1_000) if region_name(one.code).endswith(text.split()[-1])]
    whole = [one for one in found if one.name == " ".join(text.split())] or found
    if len(whole) != 1:
        some = "、".join(f"{one.code} {one.name}" for one in whole[:3])
        raise FieldError(
            field,
            text,
            f"one region{f', as one of {len(whole)}: {some}' if some else ''}",
            zh=f"唯一的行政区划{f'（共 {len(whole)} 个，如 {some}）' if some else '，没有找到'}",
        )
    return whole[0].code


def check_region(field: str, value: str) -> None:
    """Raise `FieldError` for a code that no region has; empty: none."""
    if value and not is_region(value):
        raise FieldError(
            field,
            value,
            "a code of GB/T 2260: 6 digits of a county, 9 of a street or town, 12 of a village",
            zh="国标行政区划代码：县区 6 位、街道乡镇 9 位、村居 12 位",
        )
