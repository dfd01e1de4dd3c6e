"""What devices said that nobody has mapped: the first of it stands with the alert, all of it in the store."""

from __future__ import annotations

from collections.abc import Iterable

MOST_WORDS = 20
"""Different words that an alert shows; it counts every report."""


def with_words(said: Iterable[str], more: Iterable[str]) -> list[str]:
    """Return words together, each once, the first of them."""
    return list(dict.fromkeys([*said, *more]))[:MOST_WORDS]
