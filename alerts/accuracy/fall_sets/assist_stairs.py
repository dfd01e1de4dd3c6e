"""Stairs, slowly and quickly, with a tag in a loose pouch at the belt (Danilenka et al., 2023; CC BY 4.0).

Nobody falls: every alarm is false.
"""

from __future__ import annotations

from collections.abc import Iterator

from alerts.accuracy.fall_trials import Archive, FallTrial, worn_at


def read(z: Archive) -> Iterator[FallTrial]:
    """Return the trials of one person."""
    yield from worn_at(z, "assist_stairs", "waist", age="")
