"""What half a minute of beats says, alone and together with its neighbours, whatever sensor found the beats."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from alerts.signal.interval_features import interval_features
from alerts.signal.interval_model import interval_log_odds
from alerts.signal.motion import Float
from alerts.signal.rhythm_answer import Rhythm, answer, calibrated
from alerts.signal.trees import Trees
from alerts.time_shift import shifted

SHOWN: Final = (
    "beats", "heart_rate_bpm", "changed_share", "usual_changed_share", "sample_entropy", "entropy_of_rate",
    "premature_share", "premature_run_share", "pause_share",
)  # fmt: skip
"""Features of intervals that the evidence shows."""
_MIN_BEATS = 8
_MIN_COVERED = 0.8
_MINUTE_MS = 60_000.0


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
        Of fibrillation: of the strip alone as the trees say, or calibrated with its neighbours; 0 if not readable. [-]
    rate_bpm : float
        Mean heart rate; 0 if not readable. [/min]
    shown : dict of str to float
        Features for the evidence. [unit of each feature]
    beats_ms : list of int
        R peaks, for the evidence. [ms]
    said : Rhythm
        What is said of it, once its neighbours are known.
    """

    start_ms: int
    end_ms: int
    readable: bool
    log_odds: float
    rate_bpm: float
    shown: dict[str, float]
    beats_ms: list[int] = []
    said: Rhythm = Rhythm.CANNOT_TELL

    def shifted(self, by_ms: int) -> JudgedStrip:
        """Return it as if it had been recorded at another time. [ms]."""
        beats_ms = [shifted(beat, by_ms) for beat in self.beats_ms]
        start_ms, end_ms = shifted(self.start_ms, by_ms), shifted(self.end_ms, by_ms)
        return msgspec.structs.replace(self, start_ms=start_ms, end_ms=end_ms, beats_ms=beats_ms)


def refused(start_ms: int, end_ms: int) -> JudgedStrip:
    """Return a strip of which nothing is said.

    Source: this project.

    Parameters
    ----------
    start_ms, end_ms : int
        The stretch. [ms]

    Returns
    -------
    JudgedStrip
        Not readable.
    """
    return JudgedStrip(start_ms, end_ms, readable=False, log_odds=0.0, rate_bpm=0.0, shown={})


def judge_intervals(stretch: tuple[int, int], beats_ms: Float, rr_ms: Float, trees: Trees) -> JudgedStrip:
    """Return what the beat times of half a minute say, where there is no signal to look at.

    Source: this project; measured in alerts/measured/rhythm.md.

    Parameters
    ----------
    stretch : tuple of int
        Its start and end. [ms]
    beats_ms : ndarray, shape (beats,)
        When each beat was. [ms]
    rr_ms : ndarray, shape (n,)
        The intervals that end in it, without those over gaps. [ms]
    trees : Trees
        `alerts.signal.interval_model.interval_model`.

    Returns
    -------
    JudgedStrip
        Not readable for fewer than eight intervals, or less than 80 % of the time covered.
    """
    start_ms, end_ms = stretch
    if len(rr_ms) < _MIN_BEATS or float(rr_ms.sum()) < _MIN_COVERED * (end_ms - start_ms):
        return refused(start_ms, end_ms)
    found = {"beats": float(len(beats_ms))} | interval_features(rr_ms)
    return JudgedStrip(
        start_ms,
        end_ms,
        readable=True,
        log_odds=interval_log_odds(found, trees),
        rate_bpm=_MINUTE_MS / float(rr_ms.mean()),
        shown={name: round(found[name], 4) for name in SHOWN if found[name] == found[name]},
        beats_ms=np.rint(beats_ms).astype(int).tolist(),
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


def together(near: Neighbours, calibration: tuple[float, float]) -> JudgedStrip:
    """Return a strip with the mean log-odds of itself and its readable neighbours: 30 s hold too few beats alone.

    Source: this project; measured in alerts/measured/rhythm.md.

    Parameters
    ----------
    near : Neighbours
        The strip, and what stands beside it.
    calibration : tuple of float
        Slope and offset of the log-odds. [-]

    Returns
    -------
    JudgedStrip
        The strip itself where it is not readable.
    """
    if not near.strip.readable:
        return near.strip
    read = [j.log_odds for j in near if j is not None and j.readable]
    log_odds = calibrated(sum(read) / len(read), calibration)
    return msgspec.structs.replace(near.strip, log_odds=log_odds, said=answer(log_odds, near.strip.shown))


class RhythmJudge:
    """Judges strips with their neighbours; each comes out when the next one is there, or the recording ends.

    Source: this project; measured in alerts/measured/rhythm.md.

    Parameters
    ----------
    calibration : tuple of float
        Slope and offset of the log-odds. [-]
    """

    def __init__(self, calibration: tuple[float, float]) -> None:
        self._calibration = calibration
        self._before: JudgedStrip | None = None
        self._waiting: JudgedStrip | None = None

    def feed(self, judged: JudgedStrip) -> Iterator[JudgedStrip]:
        """Take the next strip.

        Parameters
        ----------
        judged : JudgedStrip
            As judged alone; it begins where the last one ended.

        Yields
        ------
        JudgedStrip
            The strip before it.
        """
        if self._waiting is not None:
            yield together(Neighbours(self._before, self._waiting, judged), self._calibration)
        self._before, self._waiting = self._waiting, judged

    def flush(self) -> Iterator[JudgedStrip]:
        """Take note that the recording ended.

        Yields
        ------
        JudgedStrip
            Its last strip.
        """
        if self._waiting is not None:
            yield together(Neighbours(self._before, self._waiting, None), self._calibration)
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
