"""Packed in as few bytes as hold them exactly: most are small and whole, and a city has billions of them. Pure."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import Any, TypeAlias

Packed: TypeAlias = "array[Any]"
"""One, two, four or eight bytes for each number, all alike."""
_KINDS = ("B", "h", "i")
_ENDS = {"B": (0, 255), "h": (-32_768, 32_767), "i": (-(2**31), 2**31 - 1)}


def packed(values: Iterable[float] = ()) -> Packed:
    """Return an array that holds numbers exactly.

    Source: this project.

    Parameters
    ----------
    values : iterable of float
        Of any unit; not NaN.

    Returns
    -------
    array
        Whole numbers in it are integers: `unpacked` gives them back as they were.
    """
    kept: Packed = array("B")
    for value in values:
        kept = added(kept, value)
    return kept


def added(kept: Packed, value: float) -> Packed:
    """Return an array with one more number: the same one, unless the number does not fit into it.

    Source: this project.

    Parameters
    ----------
    kept : array
        From `packed`; it is not to be used any more.
    value : float
        The next number; not NaN.

    Returns
    -------
    array
        What to keep in its place.
    """
    code = kept.typecode
    if code == "d":
        kept.append(value)
        return kept
    low, high = _ENDS[code]
    if value == (whole := int(value) if low <= value <= high else None):
        kept.append(whole)
        return kept
    wider = array(_kind_for(value, code), kept)
    wider.append(value if wider.typecode == "d" else int(value))
    return wider


def _kind_for(value: float, present: str) -> str:
    for code in _KINDS[_KINDS.index(present) :]:
        low, high = _ENDS[code]
        if low <= value <= high and value == int(value):
            return code
    return "d"


def unpacked(kept: Packed) -> list[float]:
    """Return the numbers as they were.

    Source: this project.

    Parameters
    ----------
    kept : array
        From `packed`.

    Returns
    -------
    list of float
        Of any unit.
    """
    return [*map(float, kept)]
