"""Judges strips one after the other: refused, regular, or like atrial fibrillation together with its neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec
import numpy as np

from alerts.signal.ecg.model import log_odds
from alerts.signal.ecg.strip import Strip, features
from alerts.signal.trees import Trees
from alerts.time_shift import shifted

MIN_LIKENESS = 0.7
"""Below this median correlation of beats with their own median beat a strip is not read."""
_MIN_BEATS = 8
_SHORTEST_MS = 8_900
_MAX_MISSING = 0.2
_MAX_STILL = 0.5
_MIN_SPREAD_MV = 0.02
_SHOWN = ("beats", "heart_rate_bpm", "changed_share", "kept_changed_share", "sample_entropy", "entropy_of_rate",
          "p_wave_likeness", "odd_share", "likeness")  # fmt: skip


class JudgedStrip(msgspec.Struct, frozen=True, array_like=True):
    """A judged strip.

    Source: this project.

    Attributes
    ----------
    start_ms, end_ms : int
        The stretch. [ms]
    readable : bool
        Good enough to say anything.
    log_odds : float
        Of fibrillation: of the strip alone, or with its neighbours; 0 if not readable. [-]
    rate_bpm : float
        Mean heart rate; 0 if not readable. [/min]
    shown : dict of str to float
        Features for the evidence. [unit of each feature]
    beats_ms : list of int
        R peaks, for the evidence. [ms]
    """

    start_ms: int
    end_ms: int
    readable: bool
    log_odds: float
    rate_bpm: float
    shown: dict[str, float]
    beats_ms: list[int] = []

    def shifted(self, by_ms: int) -> JudgedStrip:
        """Return it as if it had been recorded at another time. [ms]."""
        beats_ms = [shifted(beat, by_ms) for beat in self.beats_ms]
        start_ms, end_ms = shifted(self.start_ms, by_ms), shifted(self.end_ms, by_ms)
        return msgspec.structs.replace(self, start_ms=start_ms, end_ms=end_ms, beats_ms=beats_ms)


def judge(strip: Strip, trees: Trees) -> JudgedStrip:
    """Return what a strip says alone.

    Source: this project; measured in alerts/MEASURED.md.

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
        return _refused(strip.start_ms, end_ms)
    found = features(strip)
    if not readable(found):
        return _refused(strip.start_ms, end_ms)
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


def _refused(start_ms: int, end_ms: int) -> JudgedStrip:
    return JudgedStrip(start_ms, end_ms, readable=False, log_odds=0.0, rate_bpm=0.0, shown={})


def readable(found: Mapping[str, float]) -> bool:
    """Return whether a strip is good enough: there, moving, and its beats look alike.

    Source: this project; the limits are measured in alerts/MEASURED.md.

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


class Neighbours(NamedTuple):
    """A strip with the ones before and after it.

    Source: this project.

    Attributes
    ----------
    before, after : JudgedStrip or None
        None at the ends of a recording.
    strip : JudgedStrip
        The one that is asked about.
    """

    before: JudgedStrip | None
    strip: JudgedStrip
    after: JudgedStrip | None


def together(near: Neighbours) -> JudgedStrip:
    """Return a strip with the mean log-odds of itself and its readable neighbours: 30 s hold too few beats alone.

    Source: this project; measured in alerts/MEASURED.md.

    Parameters
    ----------
    near : Neighbours
        The strip, and what stands beside it.

    Returns
    -------
    JudgedStrip
        The strip itself where it is not readable.
    """
    if not near.strip.readable:
        return near.strip
    read = [j.log_odds for j in near if j is not None and j.readable]
    return msgspec.structs.replace(near.strip, log_odds=sum(read) / len(read))


class RhythmJudge:
    """Judges strips with their neighbours; each comes out when the next one is there, or the recording ends.

    Source: this project; measured in alerts/MEASURED.md.

    Parameters
    ----------
    trees : Trees
        The learned stage.
    """

    def __init__(self, trees: Trees) -> None:
        self._trees = trees
        self._before: JudgedStrip | None = None
        self._waiting: JudgedStrip | None = None

    def feed(self, strip: Strip) -> Iterator[JudgedStrip]:
        """Take the next strip.

        Parameters
        ----------
        strip : Strip
            It begins where the last one ended.

        Yields
        ------
        JudgedStrip
            The strip before it.
        """
        judged = judge(strip, self._trees)
        if self._waiting is not None:
            yield together(Neighbours(self._before, self._waiting, judged))
        self._before, self._waiting = self._waiting, judged

    def flush(self) -> Iterator[JudgedStrip]:
        """Take note that the recording ended.

        Yields
        ------
        JudgedStrip
            Its last strip.
        """
        if self._waiting is not None:
            yield together(Neighbours(self._before, self._waiting, None))
        self._before = self._waiting = None

    def snapshot(self) -> list[Any]:
        """Return the whole state."""
        return [msgspec.to_builtins(self._before), msgspec.to_builtins(self._waiting)]

    def restore(self, state: list[Any]) -> None:
        """Take over a state."""
        self._before, self._waiting = msgspec.convert(state, list[JudgedStrip | None])

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        if self._before is not None:
            self._before = self._before.shifted(by_ms)
        if self._waiting is not None:
            self._waiting = self._waiting.shifted(by_ms)
