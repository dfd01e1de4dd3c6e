"""Sitting down and up, walking, turning; phone and watch (Matey-Sanz et al., Data in Brief 109809, 2023; CC BY 4.0).

Nobody falls: every alarm is false.
"""

from __future__ import annotations

from collections.abc import Iterator

from alerts.accuracy.fall_trials import Archive, FallTrial, age_group, worn_at


def read(z: Archive) -> Iterator[FallTrial]:
    """Return the trials of one person, first the phone's, then the watch's."""
    for position in ("pocket", "wrist"):
        if f"{position}_acc" in z:
            yield from worn_at(z, "sp_sw_har", position, age_group(int(z["age"])))
