"""Pauses of the heart: a long interval between two beats that look like the others, with a live, quiet signal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from alerts.signal.ecg.beats import RATE_HZ, STEP_MS, filled
from alerts.signal.ecg.strip import Strip
from alerts.signal.filters import band_pass
from alerts.signal.motion import Float
from alerts.time_shift import shifted

_QRS_HZ = (5.0, 20.0)
_HALF = round(0.1 * RATE_HZ)
_GUARD = round(0.45 * RATE_HZ)
_QUIET = 0.25
_ALIKE = 0.8
_LIVE_MV = 1e-3
_MIN_BEATS = 5
_BEFORE_MS = 10_000
_BESIDE_MS = 5_000


class Pause(NamedTuple):
    """A long interval.

    Source: this project.

    Attributes
    ----------
    start_ms, end_ms : int
        The beats around it. [ms]
    stir : float
        Largest QRS-band swing within it, as a share of a usual beat's. [-]
    """

    start_ms: int
    end_ms: int
    stir: float


class ShownPause(NamedTuple):
    """A pause with what is drawn around it.

    Source: this project.

    Attributes
    ----------
    pause : Pause
        The long interval.
    start_ms, end_ms : int
        The stretch that shows it: five seconds on either side. [ms]
    beats_ms : list of int
        R peaks in that stretch, as far as it is there. [ms]
    """

    pause: Pause
    start_ms: int
    end_ms: int
    beats_ms: list[int]


class PauseSearch:
    """Pauses strip by strip, also those that began in the strip before.

    Source: this project.

    Parameters
    ----------
    longer_ms : float
        Intervals up to this are none. [ms]
    """

    def __init__(self, longer_ms: float) -> None:
        self._longer_ms = longer_ms
        self._before: Strip | None = None

    def feed(self, strip: Strip) -> list[ShownPause]:
        """Take the next strip.

        Parameters
        ----------
        strip : Strip
            Joined to the one before if that ends where it begins.

        Returns
        -------
        list of ShownPause
            Those that end in it, in time order.
        """
        whole = joined(self._before, strip)
        self._before = tail(strip, _BEFORE_MS)
        return [_shown(pause, whole) for pause in pauses(whole, self._longer_ms) if pause.end_ms >= strip.start_ms]

    def forget(self) -> None:
        """Leave the strip before: what comes next does not go on from it."""
        self._before = None

    def snapshot(self) -> list[Any] | None:
        """Return the whole state."""
        strip = self._before
        return (
            None if strip is None else [strip.start_ms, strip.signal.astype("<f8").tobytes(), strip.beats_ms.tolist()]
        )

    def restore(self, state: Sequence[Any] | None) -> None:
        """Take over a state."""
        self._before = None
        if state is not None:
            start_ms, signal, beats_ms = state
            signal = np.frombuffer(signal, dtype="<f8").astype(np.float64)
            self._before = Strip(start_ms, signal, np.array(beats_ms, dtype=np.float64))

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered.

        Parameters
        ----------
        by_ms : int
            So far. [ms]
        """
        if self._before is not None:
            start_ms, signal, beats_ms = self._before
            self._before = Strip(shifted(start_ms, by_ms), signal, beats_ms + by_ms)


def _shown(pause: Pause, strip: Strip) -> ShownPause:
    start_ms, end_ms = pause.start_ms - _BESIDE_MS, pause.end_ms + _BESIDE_MS
    beats = strip.beats_ms[(strip.beats_ms >= start_ms) & (strip.beats_ms <= end_ms)]
    return ShownPause(pause, start_ms, end_ms, np.rint(beats).astype(int).tolist())


def joined(before: Strip | None, strip: Strip) -> Strip:
    """Return a strip with the stretch before it, if that is there.

    Source: this project.

    Parameters
    ----------
    before : Strip or None
        What came before; left out unless it ends where the strip begins.
    strip : Strip
        The newest.

    Returns
    -------
    Strip
        One stretch of both.
    """
    if before is None or before.start_ms + STEP_MS * len(before.signal) != strip.start_ms:
        return strip
    signal = np.concatenate([before.signal, strip.signal])
    return Strip(before.start_ms, signal, np.concatenate([before.beats_ms, strip.beats_ms]))


def tail(strip: Strip, length_ms: int) -> Strip:
    """Return the last part of a strip.

    Source: this project.

    Parameters
    ----------
    strip : Strip
        The whole.
    length_ms : int
        How much of it. [ms]

    Returns
    -------
    Strip
        No longer than the whole.
    """
    skipped = max(0, len(strip.signal) - length_ms // STEP_MS)
    start_ms = strip.start_ms + STEP_MS * skipped
    return Strip(start_ms, strip.signal[skipped:], strip.beats_ms[strip.beats_ms >= start_ms])


def pauses(strip: Strip, longer_ms: float) -> list[Pause]:
    """Return the pauses of a strip longer than a limit.

    Source: this project: both beats alike the median beat, a quiet and live signal between them; measured in
    alerts/MEASURED.md.

    Parameters
    ----------
    strip : Strip
        With at least five beats, else nothing is found.
    longer_ms : float
        Intervals up to this are none. [ms]

    Returns
    -------
    list of Pause
        In time order.
    """
    wide = np.flatnonzero(np.diff(strip.beats_ms) > longer_ms)
    if not len(wide) or len(strip.beats_ms) < _MIN_BEATS:
        return []
    filtered = band_pass(filled(strip.signal), 2, _QRS_HZ, rate_hz=RATE_HZ)
    centres = np.rint((strip.beats_ms - strip.start_ms) / STEP_MS).astype(np.int64)
    inside = (centres >= _HALF) & (centres + _HALF < len(filtered))
    if not inside.any():
        return []
    beats = filtered[centres[inside][:, None] + np.arange(-_HALF, _HALF + 1)]
    middle = np.median(beats, axis=0)
    height = float(np.ptp(middle))
    found = []
    for i in wide:
        alike = all(_like(filtered, int(centres[j]), middle) for j in (i, i + 1))
        stir = _stir(strip.signal, filtered, int(centres[i]), int(centres[i + 1]), height)
        if alike and stir <= _QUIET:
            found.append(Pause(round(strip.beats_ms[i]), round(strip.beats_ms[i + 1]), stir))
    return found


def _like(filtered: Float, centre: int, middle: Float) -> bool:
    if centre < _HALF or centre + _HALF >= len(filtered):
        return False
    beat = filtered[centre - _HALF : centre + _HALF + 1]
    length = float(np.linalg.norm(beat) * np.linalg.norm(middle))
    return length > 0.0 and float(beat @ middle) / length >= _ALIKE


def _stir(signal: Float, filtered: Float, start: int, end: int, height: float) -> float:
    """Return the largest swing between two beats; infinite when samples miss or the lead is dead."""
    between = slice(start + _GUARD, end - _GUARD)
    raw = signal[between]
    if np.isnan(raw).any() or float(np.median(np.abs(np.diff(raw)))) < _LIVE_MV / 10 or np.ptp(raw) < _LIVE_MV:
        return float("inf")
    quiet = filtered[between]
    width = 2 * _HALF + 1
    windows = np.lib.stride_tricks.sliding_window_view(quiet, width) if len(quiet) >= width else quiet[None, :]
    return float(np.ptp(windows, axis=1).max()) / max(height, 1e-9)
