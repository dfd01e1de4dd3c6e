"""R peaks of an electrocardiogram: candidates from the energy of the QRS band, then one pass that decides.

References
----------
.. [1] J. Pan, W. J. Tompkins, "A Real-Time QRS Detection Algorithm," IEEE Trans Biomed Eng 32(3):230-236, 1985,
   doi:10.1109/TBME.1985.325532.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from alerts.signal.filters import band_pass, peaks_of
from alerts.signal.motion import Float
from alerts.time_shift import shifted

RATE_HZ = 125.0
"""Rate of the even grid that all ECG work is done on. [Hz]"""
STEP_MS = 8
_QRS_BAND_HZ = (5.0, 20.0)
_ENERGY_S = 0.104
_APART_S = 0.2


class Candidate(NamedTuple):
    """A maximum of QRS energy.

    Source: this project, after [1]_.

    Attributes
    ----------
    t_ms : float
        When. [ms]
    height : float
        Root of the mean energy around it. [mV]
    slope : float
        Steepest step of the filtered signal around it. [mV per sample]
    """

    t_ms: float
    height: float
    slope: float


def filled(signal: Float) -> Float:
    """Return a signal whose missing samples stand on straight lines between their neighbours; zero if all miss.

    Source: linear interpolation; nothing of our own.

    Parameters
    ----------
    signal : ndarray, shape (n,)
        NaN is a missing sample. [unit of the signal]

    Returns
    -------
    ndarray, shape (n,)
        Without NaN. [unit of the signal]
    """
    good = np.isfinite(signal)
    if good.all():
        return signal
    if not good.any():
        return np.zeros_like(signal)
    index = np.arange(len(signal))
    return np.interp(index, index[good], signal[good])


def _middle(values: Sequence[float]) -> float:
    ordered = sorted(values)
    half = len(ordered) // 2
    return 0.5 * (ordered[half] + ordered[~half])


def candidates(signal: Float, start_ms: int, within_ms: tuple[int, int]) -> list[Candidate]:
    """Return every maximum of QRS energy within a part of an even stretch, in time order.

    Source: band, squaring and moving mean after Pan and Tompkins [1]_, filtered forward and backward in blocks, so that
    nothing is delayed; 5 to 20 Hz and 104 ms are this project's.

    Parameters
    ----------
    signal : ndarray, shape (n,)
        At `RATE_HZ`; NaN is a missing sample. [mV]
    start_ms : int
        Left edge of the first sample. [ms]
    within_ms : tuple of int
        From, and before: the rest is there for the filter. [ms]

    Returns
    -------
    list of Candidate
        None where samples miss.
    """
    width = round(_ENERGY_S * RATE_HZ) | 1
    whole = filled(signal)
    filtered = band_pass(whole, 2, _QRS_BAND_HZ, rate_hz=RATE_HZ)
    energy = np.sqrt(np.maximum(uniform_filter1d(filtered * filtered, width), 0.0))
    peaks = peaks_of(energy, apart=round(_APART_S * RATE_HZ))
    if whole is not signal:
        peaks = peaks[~np.isnan(signal[peaks])]
    times = start_ms + (peaks + 0.5) * STEP_MS + _offset(energy, peaks) * STEP_MS
    first, last = times.searchsorted(within_ms)
    times, peaks = times[first:last], peaks[first:last]
    steps = np.zeros_like(filtered)
    np.abs(filtered[1:] - filtered[:-1], out=steps[1:])
    slope = maximum_filter1d(steps, width)
    return list(map(Candidate, times.tolist(), energy[peaks].tolist(), slope[peaks].tolist()))


def _offset(energy: Float, peaks: np.ndarray[Any, np.dtype[np.intp]]) -> Float:
    """Return where between the samples a parabola through a peak has its top; -0.5 to 0.5."""
    left, top, right = energy[peaks - 1], energy[peaks], energy[peaks + 1]
    bend = left - 2.0 * top + right
    safe = np.where(bend < 0.0, bend, -1.0)
    return np.where(bend < 0.0, np.minimum(np.maximum(0.5 * (left - right) / safe, -0.5), 0.5), 0.0)


class BeatPicker:
    """Tells beats from the other candidates; its state is a handful of numbers.

    Source: adaptive level, T waves told by slope, and search back after Pan and Tompkins [1]_; the numbers are this
    project's, measured in alerts/measured/rhythm.md.

    Notes
    -----
    A candidate is a beat if it reaches `RISE` of the median height of the last eight beats, unless it follows
    within 360 ms with less than half the slope, or within 480 ms with less than a third: a T wave, which comes late
    in a slow heart. Within 250 ms of a beat the higher of the two counts.
    After 1.5 usual intervals without a beat the highest of the candidates passed over is taken, if it reaches
    `SEARCH_BACK`. Without a beat for `LOST_MS` the level sinks, so that a loosened electrode does not end it.
    """

    RISE = 0.45
    SEARCH_BACK = 0.2
    LOST_MS = 3_000.0
    FLOOR_MV = 0.01
    _MEMORY = 8
    _WAVE_MS, _WAVE = 360.0, 0.5
    _LATE_WAVE_MS, _LATE_WAVE = 480.0, 0.33
    _REFRACTORY_MS = 250.0
    _SEARCH_FROM_MS = 280.0

    def __init__(self) -> None:
        self._heights: list[float] = []
        self._level = self.FLOOR_MV
        self._intervals = [800.0] * self._MEMORY
        self._usual_ms = 800.0
        self._last: Candidate | None = None
        self._passed: list[Candidate] = []

    @property
    def waiting(self) -> Candidate | None:
        """The newest beat, which a higher one within 250 ms may still replace."""
        return self._last

    def pick(self, found: Sequence[Candidate]) -> list[Candidate]:
        """Find the beats among the next candidates; each comes out when no later one can replace it.

        Parameters
        ----------
        found : sequence of Candidate
            In time order, after those picked from already.

        Returns
        -------
        list of Candidate
            Beats.
        """
        if not self._heights and found:
            top = sorted(c.height for c in found)[-6:]
            self._take_heights([max(_middle(top), self.FLOOR_MV)] * self._MEMORY)
        beats: list[Candidate] = []
        for one in found:
            level, last = self._level, self._last
            if last is not None and one.t_ms - last.t_ms > 1.5 * self._usual_ms:
                beats += self._search_back(last, level)
            beats += self._decide(one, level)
        return beats

    def flush(self) -> Iterator[Candidate]:
        """Give out the beat that still waits, and start afresh.

        Yields
        ------
        Candidate
            The last beat, if there was one.
        """
        if self._last is not None:
            yield self._last
        self.__init__()  # type: ignore[misc]  # the same as a new one

    def _take_heights(self, heights: list[float]) -> None:
        self._heights = heights
        self._level = max(_middle(heights), self.FLOOR_MV) if heights else self.FLOOR_MV

    def _decide(self, one: Candidate, level: float) -> tuple[Candidate, ...]:
        last = self._last
        if last is None:
            if one.height > self.RISE * level:
                self._accept(one)
            return ()
        since = one.t_ms - last.t_ms
        if one.height <= self.RISE * level or self._is_wave(one, last):
            self._pass(one, since)
        elif since < self._REFRACTORY_MS:
            if one.height > last.height:
                self._take_heights([*self._heights[:-1], min(one.height, 2.0 * level)])
                self._last = one
        else:
            self._accept(one)
            return (last,)
        return ()

    def _is_wave(self, one: Candidate, last: Candidate) -> bool:
        since, slope, steepest = one.t_ms - last.t_ms, one.slope, last.slope
        return since < self._LATE_WAVE_MS and (
            slope < self._LATE_WAVE * steepest or (since < self._WAVE_MS and slope < self._WAVE * steepest)
        )

    def _search_back(self, last: Candidate, level: float) -> tuple[Candidate, ...]:
        missed = [
            c for c in self._passed if c.height > self.SEARCH_BACK * level and c.t_ms - last.t_ms > self._SEARCH_FROM_MS
        ]
        if not missed:
            return ()
        best = max(missed, key=lambda c: c.height)
        waiting = [c for c in self._passed if c.t_ms > best.t_ms]
        if self._is_wave(best, last):
            self._passed = waiting
            return ()
        self._accept(best)
        self._passed = waiting
        return (last,)

    def _pass(self, one: Candidate, since_ms: float) -> None:
        self._passed = [*self._passed[-31:], one]
        if since_ms > self.LOST_MS:
            self._take_heights([max(0.97 * height, self.FLOOR_MV) for height in self._heights])

    def _accept(self, one: Candidate) -> None:
        level = self._level
        if self._last is not None:
            self._intervals = [*self._intervals[1:], min(2_000.0, one.t_ms - self._last.t_ms)]
            self._usual_ms = _middle(self._intervals)
        self._take_heights([*self._heights[1:], min(one.height, 2.0 * level)])
        self._last = one
        self._passed = []

    def snapshot(self) -> list[Any]:
        """Return the whole state."""
        last = None if self._last is None else list(self._last)
        return [list(self._heights), list(self._intervals), last, [list(c) for c in self._passed]]

    def restore(self, state: Sequence[Any]) -> None:
        """Take over a state."""
        heights, intervals, last, passed = state
        self._take_heights(list(heights))
        self._intervals = list(intervals)
        self._usual_ms = _middle(self._intervals)
        self._last = None if last is None else Candidate(*last)
        self._passed = [Candidate(*c) for c in passed]

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        if self._last is not None:
            self._last = self._last._replace(t_ms=shifted(self._last.t_ms, by_ms))
        self._passed = [c._replace(t_ms=shifted(c.t_ms, by_ms)) for c in self._passed]
