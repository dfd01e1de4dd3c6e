"""Numbers in as few bytes as hold them exactly: most are small and whole, and a city has billions of them. Pure."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import TypeAlias

Packed: TypeAlias = bytes
"""The kind of number, then the numbers; empty for none. Shorter than any array, whose head alone is 80 bytes."""
_WIDTHS = {"B": 1, "h": 2, "i": 4, "d": 8}
_WHOLE = {"B": (0, 255), "h": (-32_768, 32_767), "i": (-(2**31), 2**31 - 1)}


def packed(values: Iterable[float] = ()) -> Packed:
    """Return what holds numbers exactly.

    Source: this project.

    Parameters
    ----------
    values : iterable of float
        Not NaN. [any]

    Returns
    -------
    bytes
        `unpacked` gives them back.
    """
    numbers = [*values]
    if not numbers:
        return b""
    code = next((code for code, ends in _WHOLE.items() if all(_fits(value, ends) for value in numbers)), "d")
    return code.encode() + array(code, numbers if code == "d" else map(int, numbers)).tobytes()


def _fits(value: float, ends: tuple[int, int]) -> bool:
    return ends[0] <= value <= ends[1] and value == int(value)


def added(kept: Packed, value: float) -> Packed:
    """Return one more number.

    Source: this project.

    Parameters
    ----------
    kept : bytes
        From `packed`.
    value : float
        The next number; not NaN. [any]

    Returns
    -------
    bytes
        As from `packed`, or wider.
    """
    code = chr(kept[0]) if kept else "B"
    if code == "d":
        return kept + array("d", (value,)).tobytes()
    if _fits(value, _WHOLE[code]):
        return (kept or b"B") + array(code, (int(value),)).tobytes()
    return packed((*unpacked(kept), value))


def length(kept: Packed) -> int:
    """Return how many numbers there are.

    Source: this project.

    Parameters
    ----------
    kept : bytes
        From `packed`.

    Returns
    -------
    int
        Of numbers. [-]
    """
    return (len(kept) - 1) // _WIDTHS[chr(kept[0])] if kept else 0


def without_first(kept: Packed) -> Packed:
    """Return all numbers but the first.

    Source: this project.

    Parameters
    ----------
    kept : bytes
        From `packed`, not empty.

    Returns
    -------
    bytes
        As from `packed`, or wider.
    """
    return kept[:1] + kept[1 + _WIDTHS[chr(kept[0])] :]


def unpacked(kept: Packed) -> list[float]:
    """Return the numbers as they were.

    Source: this project.

    Parameters
    ----------
    kept : bytes
        From `packed`.

    Returns
    -------
    list of float
        Those that were packed. [any]
    """
    return [*map(float, array(chr(kept[0]), kept[1:]))] if kept else []
