"""Judges a strip of ECG alone: refused, or how much it looks like atrial fibrillation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from alerts.signal.ecg.model import log_odds
from alerts.signal.ecg.strip import Strip, features
from alerts.signal.judged_strip import SHOWN, JudgedStrip, refused
from alerts.signal.trees import Trees

MIN_LIKENESS = 0.7
"""Below this median correlation of beats with their own median beat a strip is not read."""
_MIN_BEATS = 8
_SHORTEST_MS = 8_900
_MAX_MISSING = 0.2
_MAX_STILL = 0.5
_MIN_SPREAD_MV = 0.02
_SHOWN = (*SHOWN, "kept_changed_share", "p_wave_likeness", "odd_share", "likeness")


def judge(strip: Strip, trees: Trees) -> JudgedStrip:
    """Return what a strip says alone.

    Source: this project; measured in alerts/measured/rhythm.md.

    Parameters
    ----------
    strip : Strip
        Half a minute with its beats.
    trees : Trees
        The learned stage.

    Returns
    -------
    JudgedStrip
        Not readable for fewer than eight beats, less than 8.9 s, or a poor signal.
    """
    end_ms = strip.start_ms + 8 * len(strip.signal)
    if len(strip.beats_ms) < _MIN_BEATS or end_ms - strip.start_ms < _SHORTEST_MS:
        return refused(strip.start_ms, end_ms)
    found = features(strip)
    if not readable(found):
        return refused(strip.start_ms, end_ms)
    span = float(strip.beats_ms[-1] - strip.beats_ms[0])
    rate = 60_000.0 * (len(strip.beats_ms) - 1) / span
    shown = {name: round(found[name], 4) for name in _SHOWN if found[name] == found[name]}
    return JudgedStrip(
        strip.start_ms,
        end_ms,
        readable=True,
        log_odds=log_odds(found, trees),
        rate_bpm=rate,
        shown=shown,
        beats_ms=np.rint(strip.beats_ms).astype(int).tolist(),
    )


def readable(found: Mapping[str, float]) -> bool:
    """Return whether a strip is good enough: there, moving, and its beats look alike.

    Source: this project; the limits are measured in alerts/measured/rhythm.md.

    Parameters
    ----------
    found : mapping of str to float
        `alerts.signal.ecg.strip.features`. [unit of each feature]

    Returns
    -------
    bool
        Whether to say anything of it.
    """
    return (
        found["missing_share"] <= _MAX_MISSING
        and found["still_share"] <= _MAX_STILL
        and found["spread_mv"] >= _MIN_SPREAD_MV
        and found["likeness"] >= MIN_LIKENESS
    )
