"""Reading what was meant to be JSON objects: with marks around them, in another encoding, cut off, or not quite JSON.

Asked only for what was refused. What is read is clean: a codec can have a second look at it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from anhu.contract.encodings import MOST_BYTES, as_text, unpacked
from anhu.contract.loose_json import merged, read_loosely
from anhu.contract.vendor_words import name_meaning

_MOST_OBJECTS = 32
_MOST_LOOSE = 2
_GZIP = b"\x1f\x8b"
_MOST_INT = 2**63 - 1
_MOST_INSIDE = 64
_SHORTEST_PACKED = 16
_ASCII = str.maketrans("“”„‟″＂‘’‚＇：，｛｝［］", '""""""\'\'\'\':,{}[]')


class Mended(NamedTuple):
    """What can be read of a message.

    Attributes
    ----------
    objects : tuple of dict
        In their order; none is empty.
    rest : str
        What stands around them.
    """

    objects: tuple[dict[str, Any], ...]
    rest: str


def mended(payload: bytes) -> Mended:
    """Return the JSON objects of a payload, of its encoding and packing whichever holds any."""
    found = Mended((), "")
    levels = unpacked(payload) if len(payload) <= MOST_BYTES else ()
    for raw in levels:
        if raw.startswith(_GZIP) and raw is not levels[-1]:  # a brace in compressed bytes is chance
            continue
        found = _read(as_text(raw))
        if found.objects:
            break
    return found


def as_json(value: object) -> bytes:
    """Return a clean value as JSON."""
    return msgspec.json.encode(value)


def objects_inside(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the objects within an object, those in its texts too, the nearest first; nothing within a setting."""
    waiting: list[object] = [value]
    for n in range(_MOST_INSIDE):
        if n >= len(waiting):
            return
        one = waiting[n]
        if n and isinstance(one, dict) and one:
            yield one
        if isinstance(one, dict):
            waiting += [inner for name, inner in one.items() if not name_meaning(str(name)).setting]
        elif isinstance(one, list):
            waiting += one[:_MOST_INSIDE]
        elif isinstance(one, str) and (one.lstrip()[:1] in ("{", "[") or len(one) >= _SHORTEST_PACKED):
            waiting += mended(one.encode("utf-8", "replace")).objects


def _read(text: str) -> Mended:
    if '"' not in text and "'" not in text:
        text = text.translate(_ASCII)
    objects: list[dict[str, Any]] = []
    rest: list[str] = []
    at = loose = 0
    while len(objects) < _MOST_OBJECTS and loose < _MOST_LOOSE:
        start = _next_start(text, at)
        if start < 0:
            break
        rest.append(text[at:start])
        found, at, strict = _at(text, start)
        loose += not strict
        objects += [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict) and one]
    return Mended(tuple(objects[:_MOST_OBJECTS]), " ".join((*rest, text[at:])))


def _next_start(text: str, at: int) -> int:
    starts = [found for found in (text.find("{", at), text.find("[", at)) if found >= 0]
    if not at and text[:1] == '"' and "{" in text:
        starts.append(0)
    return min(starts, default=-1)


_decoder = json.JSONDecoder(strict=False, object_pairs_hook=merged, parse_constant=lambda _: None)


def _at(text: str, start: int) -> tuple[object, int, bool]:
    """Return what stands at a place, where it ends, and whether it is JSON."""
    try:
        found, end = _decoder.raw_decode(text, start)
        clean, strict = _clean(found), True
    except (ValueError, RecursionError):
        found, end = read_loosely(text, start)
        clean, strict = _clean(found), False
    if isinstance(clean, str):  # JSON within a text
        return list(_read(clean).objects) if start == 0 and clean[:1] != '"' else None, end, strict
    return clean, end, strict


def _clean(value: object) -> object:
    """Return a value that every JSON reader takes: without what is not finite, too large, or half a letter."""
    if isinstance(value, dict):
        return {str(_clean(name)): _clean(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_clean(one) for one in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int) and not -_MOST_INT <= value <= _MOST_INT:
        return None
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
