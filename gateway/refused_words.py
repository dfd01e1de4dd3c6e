"""Whether bytes that nobody can read hold a word for help, in whatever encoding."""

from __future__ import annotations

import re
from collections.abc import Iterator

from anhu.contract.encodings import MOST_BYTES, as_text, stripped, unpacked
from anhu.contract.meaning import CALLS, is_call, said, understood
from anhu.contract.vendor_words import is_negation, name_meaning, word_meaning, words
from anhu.contract.word_table import THINGS

_MOST_BYTES = MOST_BYTES - 1
_MOST_WORD_BYTES = 64
_MOST_NAMES = 200
_MOST_NODES = 500
_MOST_DEPTH = 12
_TELL = ("active", "value", "on")
_PACKED = re.compile(r"[A-Za-z0-9+/=_-]{64,}")
"""Base64 and the like: words in it are chance."""
_NAME = re.compile(r"(?<![\w.-])[^\W\d_][\w.-]{2,40}(?!\w)")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_AFTER = re.compile(r"[\"'\s]*[:=][\"'\s]*([^\s,;\"'{}\[\]]+)")
_BEFORE = re.compile(r"(?<!\w)(\w+)[ _]+$")
_OTHER_SCRIPT = re.compile("[\u0400-\u04ff]{4,}")
_HAN = re.compile(
    "(?<![未无無没沒])(?:求助|呼救|求救|救命|跌倒|摔倒|火警|着火|起火|烟雾报警|燃气泄漏|漏水报警|紧急呼叫|紧急求助|緊急求助|报警|報警)"
    "(?!灵敏度|解除|恢复|开关|時間|时间|音量|号码|联系人|电话|设置|取消)"
)
_OTHER = ("utf-16-le", "utf-16-be", "gb18030", "big5")


def word_for_help(payload: bytes) -> str:
    """Return the first word for help in bytes, however they are encoded or packed; empty where there is none."""
    inner = unpacked(payload[:_MOST_BYTES] if len(payload) <= _MOST_BYTES else _ends(payload))
    return next((word for raw in inner if (word := word_in(as_text(raw)) or _han_in(raw))), "")


def word_of_route(route: str) -> str:
    """Return the end of a topic or path where it is a call by itself: ``iMEDE_watch/fallDown``."""
    last = route.rpartition("/")[2]
    about = name_meaning(last)
    return last if about.kind in CALLS and _sounds(last) else ""


def says_well(payload: bytes) -> bool:
    """Tell whether bytes are one word that says that all is well, or that nothing is known."""
    meaning = word_meaning(as_text(payload[:_MOST_WORD_BYTES]))
    return bool(stripped(payload)) and meaning.known and not meaning.alarm


def word_in(text: str) -> str:
    """Return the first word for help in a text; empty where there is none."""
    plain = _PACKED.sub(" ", _ESCAPED.sub(lambda found: chr(int(found.group(1), 16)), text.replace("\0", "")))
    for n, found in enumerate(_NAME.finditer(plain)):
        if n >= _MOST_NAMES:
            break
        if _sounds(found.group()) and not _denied(plain, found):
            return found.group()
    han = _HAN.search(plain)
    return han.group() if han else ""


def _han_in(raw: bytes) -> str:
    for text in (raw.decode(encoding, "ignore") for encoding in _OTHER):
        if han := _HAN.search(text):
            return han.group()
        if word := next((one for one in _OTHER_SCRIPT.findall(text)[:_MOST_NAMES] if _sounds(one)), ""):
            return word
    return ""


def _ends(payload: bytes) -> bytes:
    return payload[: _MOST_BYTES // 2] + b" " + payload[-_MOST_BYTES // 2 :]


def call_in(value: object) -> str:
    """Return the field, or word, of an object that calls for help, at whatever depth; empty where none does."""
    for n, (name, one, denied) in enumerate(_fields(value, 0)):
        if n >= _MOST_NODES:
            break
        about = name_meaning(name)
        if isinstance(one, dict) or (denied and isinstance(one, str) and not about.helps):
            continue
        found = understood(name, one, 0)
        if found is not None and found.state == "on" and is_call(found):
            return name
        says = word_meaning(one) if isinstance(one, str) and not about.setting and not about.technical else None
        if about.identity and (isinstance(one, str) and not THINGS.isdisjoint(words(one))):  # an SOS button by its name
            continue
        if says is not None and says.whole and says.kind in CALLS:
            return name
    return ""


def _fields(value: object, depth: int) -> Iterator[tuple[str, object, bool]]:
    if depth > _MOST_DEPTH:
        return
    denied = isinstance(value, dict) and any(_says_no(str(name), one) for name, one in value.items())
    for name, one in value.items() if isinstance(value, dict) else ():
        yield str(name), one, denied
        if not name_meaning(str(name)).setting:
            yield from _fields(one, depth + 1)
    for one in value if isinstance(value, list) else ():
        yield from _fields(one, depth + 1)


def _says_no(name: str, value: object) -> bool:
    """Tell whether a field says that what its neighbours name is over: ``{"kind":"smoke","state":"cleared"}``."""
    return (name_meaning(name).state or name.lower() in _TELL) and said(value).alarm is False


def _sounds(word: str) -> bool:
    about = name_meaning(word)
    if word_meaning(word).alarm is False:  # "no fall"
        return False
    return about.helps and not about.setting and not about.technical and about.kind not in ("tamper", "sensor_fault")


def _denied(text: str, name: re.Match[str]) -> bool:
    """Tell whether the word before a name, or the value after it, says that all is well, or is a level."""
    before = _BEFORE.search(text, 0, name.start())
    if before is not None and is_negation(before.group(1)):
        return True
    found = _AFTER.match(text, name.end())
    if found is None:
        return False
    word = found.group(1)
    return (word_meaning(word).known and not word_meaning(word).alarm) or "." in word
