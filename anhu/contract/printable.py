"""Texts of strangers, made safe to look at: a terminal obeys escape codes, marks of direction turn a page around."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return a text with everything escaped that is not printable: controls, line ends, marks of direction."""
    return text if text.isprintable() else "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")
