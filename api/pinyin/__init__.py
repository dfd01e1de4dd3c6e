"""Chinese names by sound: to be sorted, and to be found by their first letters, as people type them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources

_SURNAMES: Mapping[str, str] = {
    "万俟": "mo qi",
    "尉迟": "yu chi",
    "长孙": "zhang sun",
    "单于": "chan yu",
    "曾": "zeng",
    "单": "shan",
    "解": "xie",
    "仇": "qiu",
    "区": "ou",
    "查": "zha",
    "任": "ren",
    "华": "hua",
    "朴": "piao",
    "盖": "ge",
    "缪": "miao",
    "覃": "qin",
    "乐": "yue",
    "员": "yun",
    "翟": "zhai",
    "繁": "po",
    "洗": "xian",
    "黑": "he",
    "折": "she",
    "召": "shao",
    "秘": "bi",
    "能": "nai",
    "牟": "mu",
    "薄": "bo",
    "贾": "jia",
    "沈": "shen",
}
"""Surnames that sound otherwise than the character usually does."""


def syllables(name: str) -> tuple[str, ...]:
    """Return a name's syllables without tones; what is not Chinese stays as it is, in small letters."""
    name = name.strip()
    for length in (2, 1):
        if surname := _SURNAMES.get(name[:length]):
            return (*surname.split(), *_plain(name[length:]))
    return _plain(name)


def sounds_like(name: str, typed: str) -> bool:
    """Tell whether letters are the beginning of some of a name's syllables, or their first letters."""
    letters = typed.lower().replace(" ", "").replace("'", "")
    if not (letters.isascii() and letters.isalpha()):
        return False
    return any(_sounds(said, letters) for said in (syllables(name), _plain(name.strip())))


def _sounds(said: tuple[str, ...], letters: str) -> bool:
    if letters in "".join(one[0] for one in said):
        return True
    return any("".join(said[start:]).startswith(letters) for start in range(len(said)))


def _plain(name: str) -> tuple[str, ...]:
    readings = _readings()
    return tuple(readings.get(letter, letter.lower()) for letter in name if not letter.isspace())


@cache
def _readings() -> Mapping[str, str]:
    lines = resources.files(__package__).joinpath("readings.txt").read_text("utf-8").splitlines()
    pairs = (line.split(" ", 1) for line in lines)
    return {letter: syllable for syllable, letters in pairs for letter in letters}
