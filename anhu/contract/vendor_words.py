"""Reads vendors' names and words by the one table (`anhu.contract.word_table`).

A word is looked for among the words of a text, however they are joined (``smokeAlarm``, ``smoke_alarm``,
``smokealarm``); Chinese is looked for inside the text, because it has no spaces.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from anhu.contract.word_table import (
    ALARM,
    ALARM_NAMES,
    ALL_WELL,
    BOUNDS,
    CLEAR,
    DISTRESS,
    IDENTITY_NAMES,
    KIND_OF,
    LAST,
    MEASURES,
    NEEDED,
    NEUTRAL,
    NOT,
    NOT_HELP,
    NOT_KNOWN,
    SETTING_NAMES,
    STATE_NAMES,
    STRONG,
    TECHNICAL_NAMES,
    TESTS,
    UNSURE,
)

_MOST_CHARS = 96
_CAMEL = re.compile(r"(?<=[^\W_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[\u3400-\u9fff]+|[^\W\d_\u3400-\u9fff]+\d*|\d+")
_HAN = re.compile(r"[\u3400-\u9fff]")
_OF_THE_SAME = CLEAR | NEUTRAL | NOT | KIND_OF.keys() | {"by"}
_HAPPENED = ALARM - ALARM_NAMES - NOT_KNOWN
_SIGNS = str.maketrans({"🆘": " sos ", "🚨": " alarm "})
_CLAUSE_END = re.compile(r"[,;!?\n\r|，。；！？、]+|\.(?=\s)|\s-\s")


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text, in lower case: ``smokeAlarm_2`` has smoke, alarm and 2."""
    return _split(text[:_MOST_CHARS])


@lru_cache(maxsize=8_192)
def _split(text: str) -> tuple[str, ...]:
    plain = unicodedata.normalize("NFKC", text.translate(_SIGNS)).strip()
    split = [word.lower() for word in _WORD.findall(_CAMEL.sub(" ", plain))]
    if (joined := "".join(split)) in KIND_OF:  # manDown, help_me
        return (joined,)
    return tuple(part for word in split for part in _parted(word))


def _parted(word: str) -> Iterable[str]:
    """Take apart what is joined without a sign: ``smokealarm``; Chinese by the words that are known."""
    if word in KIND_OF or word in NEUTRAL:
        return (word,)
    if _HAN.match(word):
        return _parted_han(word)
    for end in _ENDINGS:
        if word.endswith(end) and (head := word[: -len(end)]) in KIND_OF:
            return (head, end)
    if word in ALARM or word in CLEAR or word in SETTING_NAMES:
        return (word,)
    return _around_a_stem(word)


def _around_a_stem(word: str) -> tuple[str, ...]:
    """Take apart what is joined around a word for help: ``wristsos`` is a call, ``alarmvolume`` a setting."""
    for stem in _STEMS:
        at = word.find(stem)
        if at >= 0 and (stem != "sos" or at == 0 or word.endswith(stem)):
            return tuple(part for part in (word[:at], stem, word[at + len(stem) :]) if part)
    return (word,)


_STEMS = ("emergency", "falldown", "falldetect", "smoke", "alarm", "panic", "sos")


_ENDINGS = ("alarm", "alert", "state", "status", "detected", "detector", "sensor", "event", "leak", "call", "button",
            "warning", "leakage", "detection", "down", "melder", "knopf", "taste", "erkennung")  # fmt: skip
_HAN_WORDS = sorted(
    {
        word
        for table in (KIND_OF, NEUTRAL, DISTRESS, SETTING_NAMES, IDENTITY_NAMES, TECHNICAL_NAMES, MEASURES,
                      BOUNDS, UNSURE, NOT_KNOWN, CLEAR, ALARM, NOT)
        for word in table
        if _HAN.match(word)
    },
    key=len,
    reverse=True,
)  # fmt: skip
_HAN_PARTS = re.compile("|".join(map(re.escape, _HAN_WORDS)))


def _parted_han(text: str) -> tuple[str, ...]:
    parts, at = [], 0
    for found in _HAN_PARTS.finditer(text):
        parts += [text[at : found.start()], found.group()]
        at = found.end()
    return tuple(part for part in (*parts, text[at:]) if part)


class Name(NamedTuple):
    """What a field's name says.

    Attributes
    ----------
    kind : str
        Event of the quantity table that it is about; empty where none, or where other words stand beside it.
    helps : bool
        It sounds like a call for help, or like smoke, gas or water.
    alarm, state, level, bound, setting, identity, technical : bool
        It is about an alarm; a state; how much there is; a limit; how a device is set up; what a thing is called; the
        device's supply or the weather rather than the person.
    """

    kind: str
    helps: bool
    alarm: bool
    state: bool
    level: bool
    bound: bool
    setting: bool
    identity: bool
    technical: bool


_WATER = frozenset({"water", "wet", "wasser"})


def name_meaning(name: str) -> Name:
    """Return what a field's name says."""
    return _name_meaning(name[:_MOST_CHARS])


@lru_cache(maxsize=8_192)
def _name_meaning(name: str) -> Name:
    parts = words(name)
    have = frozenset(parts)
    kind, whole = kind_among(parts)
    alarm = not have.isdisjoint(ALARM_NAMES)
    technical = not have.isdisjoint(TECHNICAL_NAMES)
    sounds = not have.isdisjoint(ALARM_NAMES - {"warning", "预警", "預警"})
    setting = not have.isdisjoint(SETTING_NAMES) or (kind == "sos" and "contact" in have) or "linkage" in have
    state = not have.isdisjoint(STATE_NAMES)
    setting = setting or any(one <= have for one in NOT_HELP) or (not state and not have.isdisjoint(LAST))
    return Name(
        kind=kind if whole else "",
        helps=sounds or not have.isdisjoint(DISTRESS) or (bool(kind) and (alarm or not technical)),
        alarm=alarm,
        state=state,
        level=not have.isdisjoint(MEASURES),
        bound=not have.isdisjoint(BOUNDS),
        setting=setting and not have <= NEUTRAL,
        identity=not have.isdisjoint(IDENTITY_NAMES) and not alarm and not state,
        technical=technical,
    )


def kind_among(parts: Collection[str]) -> tuple[str, bool]:
    """Return the kind of event that words name, and whether they say nothing else; empty where they name none."""
    kinds, others = [], False
    for part in parts:
        if part in KIND_OF:
            kinds.append(KIND_OF[part])
        elif part not in NEUTRAL and not part.isdigit():
            others = True
    if not kinds and not others and not _WATER.isdisjoint(parts):
        return "water_leak", True
    if not kinds:
        return "", False
    kind = next((one for one in kinds if one not in ("sos", "water_leak")), kinds[0])
    return kind, not others


def is_negation(word: str) -> bool:
    """Tell whether a word denies the one behind it."""
    return word.lower() in NOT


class Said(NamedTuple):
    """What a value says: whether there is an alarm (None: nobody knows), and how sure the device is.

    Attributes
    ----------
    known : bool
        The table knows the value; else it must be mapped.
    kind : str
        Event that the value itself names; empty where none.
    strong : bool
        It speaks of an alarm or of distress by itself, whatever it is the value of; "on" does not.
    """

    alarm: bool | None
    known: bool
    kind: str = ""
    unsure: bool = False
    whole: bool = False
    strong: bool = False


def word_meaning(text: str) -> Said:
    """Return what a word says as the value of something that can be an alarm."""
    return _word_meaning(text[:_MOST_CHARS])


@lru_cache(maxsize=8_192)
def _word_meaning(text: str) -> Said:
    clauses = [one for one in _CLAUSE_END.split(text) if words(one)]
    heard = [one for one in clauses if TECHNICAL_NAMES.isdisjoint(words(one))]
    if len(clauses) < 2 or not heard:  # noqa: PLR2004 - one says what it says
        return _said_by(text)
    return _said_in_turn(heard)


def _said_in_turn(clauses: Sequence[str]) -> Said:
    """Return what a sentence says: an all-clear takes back the alarm before it if it speaks of nothing else."""
    heard = _said_by(clauses[0])
    for clause in clauses[1:]:
        found = _said_by(clause)
        if found.alarm or not heard.alarm:
            heard = heard if found.alarm is None else found
        elif found.alarm is False and _OF_THE_SAME.issuperset(words(clause)):
            heard = found
    return heard


def _said_by(text: str) -> Said:
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    have = frozenset(words(text))
    kind, whole = kind_among([part for part in words(text) if part not in UNSURE and part not in ALARM])
    if (
        not plain
        or plain in NOT_KNOWN
        or (not have.isdisjoint(NOT_KNOWN) and have.isdisjoint(_HAPPENED))
        or not have.isdisjoint(TESTS)
    ):
        return Said(None, known=True)
    if not have.isdisjoint(NOT):
        known = have.isdisjoint(NEEDED)
        return Said(False if known else None, known=known)
    if plain in CLEAR or not have.isdisjoint(CLEAR) or (have and have <= ALL_WELL):
        return Said(alarm=False, known=True)
    strong = not have.isdisjoint(STRONG)
    if kind or strong or not have.isdisjoint(ALARM):
        unsure = not have.isdisjoint(UNSURE)
        return Said(alarm=True, known=True, kind=kind, unsure=unsure, whole=whole, strong=strong)
    return Said(None, known=False)
