"""SciPy's filters, loaded when the first strip is judged.

`scipy.signal` brings statistics and interpolation along: 75 MiB, and a second to load. An installation whose devices
send neither ECG nor pulse waves never pays for that; another one does at its first strip, once.

References
----------
.. [1] P. Virtanen et al., "SciPy 1.0: fundamental algorithms for scientific computing in Python," Nat Methods
   17:261-272, 2020, doi:10.1038/s41592-019-0686-2.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from importlib import import_module

import numpy as np
from numpy.typing import NDArray

from alerts.signal.motion import Float

Indices = NDArray[np.intp]


def band_pass(signal: Float, order: int, band_hz: tuple[float, float], *, rate_hz: float) -> Float:
    """Return a signal's part within a band: Butterworth, forward and backward, so that nothing is shifted.

    Source: `scipy.signal.butter` and `sosfiltfilt` [1]_, which asks for the filter's state at rest anew each time.

    Parameters
    ----------
    signal : ndarray, shape (n,)
        Without NaN. [unit of the signal]
    order : int
        Of the filter, for each direction. [-]
    band_hz : tuple of float
        Lower and upper edge. [Hz]
    rate_hz : float
        Sampling rate. [Hz]

    Returns
    -------
    ndarray, shape (n,)
        What passed. [unit of the signal]
    """
    sections, rest, edge = _sections(order, band_hz, rate_hz)
    if len(signal) <= edge:
        return _sosfiltfilt(sections, signal)
    longer = np.concatenate([2 * signal[0] - signal[edge:0:-1], signal, 2 * signal[-1] - signal[-2 : -edge - 2 : -1]])
    run = filter_loop()
    run(sections, longer[None], (rest * longer[0])[None])
    back = longer[::-1].copy()
    run(sections, back[None], (rest * back[0])[None])
    passed: Float = back[::-1][edge:-edge]
    return passed


FilterLoop = Callable[[Float, Float, Float], None]


@cache
def filter_loop() -> FilterLoop:
    """Return what filters rows in place, given sections (k, 6), rows (n, samples) and their states (n, k, 2).

    Source: the loop of `scipy.signal.sosfilt` [1]_, which takes a quarter of the time that `sosfilt` takes: the rest
    goes to looking at its arguments. The loop has no public name: where a release has none, or one that does not give
    the same, `sosfilt` does it.

    Returns
    -------
    callable
        Same numbers either way. [unit of the signal]
    """
    sections, rest, _ = _sections(2, (5.0, 20.0), 125.0)
    asked, given = np.sin(np.arange(64.0) ** 1.5)[None], rest[None]
    wanted = asked.copy()
    _by_sosfilt(sections, wanted, given.copy())
    try:
        loop: FilterLoop = import_module("scipy.signal._sosfilt")._sosfilt  # noqa: SLF001 - see above
        loop(sections, asked, given.copy())
    except (ImportError, AttributeError, TypeError, ValueError):
        return _by_sosfilt
    return loop if np.array_equal(asked, wanted) else _by_sosfilt


def _by_sosfilt(sections: Float, rows: Float, states: Float) -> None:
    from scipy.signal import sosfilt  # noqa: PLC0415 - see above

    rows[...] = sosfilt(sections, rows, zi=states.swapaxes(0, 1))[0]


def _sosfiltfilt(sections: Float, signal: Float) -> Float:
    from scipy.signal import sosfiltfilt  # noqa: PLC0415 - see above

    passed: Float = sosfiltfilt(sections, signal)
    return passed


def band_passed(signal: Float, order: int, band_hz: tuple[float, float], *, rate_hz: float) -> Float:
    """Return what `band_pass` does but for the ends, in a fraction of the time: by one transform there and back.

    Source: the squared response of `scipy.signal.butter` [1]_; the ends are continued by their mirror, turned about.

    Parameters
    ----------
    signal : ndarray, shape (n,)
        Without NaN. [unit of the signal]
    order : int
        Of the filter, for each direction. [-]
    band_hz : tuple of float
        Lower and upper edge. [Hz]
    rate_hz : float
        Sampling rate. [Hz]

    Returns
    -------
    ndarray, shape (n,)
        What passed. [unit of the signal]
    """
    n = len(signal)
    edge = min(n - 1, round(rate_hz / band_hz[0]))
    before, after = 2.0 * signal[0] - signal[edge:0:-1], 2.0 * signal[-1] - signal[-2 : -edge - 2 : -1]
    whole = np.concatenate([before, signal, after])
    passed: Float = np.fft.irfft(np.fft.rfft(whole) * _response(len(whole), order, band_hz, rate_hz), len(whole))
    return passed[edge : edge + n]


@lru_cache(maxsize=8)
def _response(n: int, order: int, band_hz: tuple[float, float], rate_hz: float) -> Float:
    """Return the squared gain of a band pass at the lines of a transform of n samples."""
    from scipy.signal import sosfreqz  # noqa: PLC0415 - see above

    _, gain = sosfreqz(_sections(order, band_hz, rate_hz)[0], np.fft.rfftfreq(n, 1.0 / rate_hz), fs=rate_hz)
    squared: Float = np.abs(gain) ** 2
    return squared


@cache
def _sections(order: int, band_hz: tuple[float, float], rate_hz: float) -> tuple[Float, Float, int]:
    """Return a filter's sections, their state at rest, and over how many samples an edge is mirrored."""
    from scipy.signal import butter, sosfilt_zi  # noqa: PLC0415 - see above

    sections: Float = butter(order, band_hz, "bandpass", fs=rate_hz, output="sos")
    zeros = min(int((sections[:, 2] == 0).sum()), int((sections[:, 5] == 0).sum()))
    return sections, sosfilt_zi(sections), 3 * (2 * len(sections) + 1 - zeros)


def lines_of(waves: Float, padded: int) -> NDArray[np.complex128]:
    """Return the spectra of many short waves, continued by zeros.

    Source: `scipy.fft.rfft` [1]_, which takes several rows at once where `numpy.fft.rfft` takes one, to the same
    numbers.

    Parameters
    ----------
    waves : ndarray, shape (..., n)
        Without NaN. [unit of the signal]
    padded : int
        Length of the transform. [samples]

    Returns
    -------
    ndarray, shape (..., padded // 2 + 1), complex
        One-sided. [unit of the signal]
    """
    from scipy.fft import rfft  # noqa: PLC0415 - see above

    lines: NDArray[np.complex128] = rfft(waves, padded)
    return lines


def peaks_of(signal: Float, *, apart: int) -> Indices:
    """Return where a signal's peaks are, at least so many samples apart, the higher ones first choice.

    Source: `scipy.signal.find_peaks` [1]_.

    Parameters
    ----------
    signal : ndarray, shape (n,)
        Without NaN. [unit of the signal]
    apart : int
        Least distance of two peaks. [samples]

    Returns
    -------
    ndarray, shape (peaks,)
        Their indices, ascending. [samples]
    """
    from scipy.signal import find_peaks  # noqa: PLC0415 - see above

    found: Indices = find_peaks(signal, distance=apart)[0]
    return found


def without_trend(signal: Float) -> Float:
    """Return a signal without its straight line of best fit.

    Source: `scipy.signal.detrend` [1]_.

    Parameters
    ----------
    signal : ndarray, shape (n,)
        Without NaN. [unit of the signal]

    Returns
    -------
    ndarray, shape (n,)
        What is left. [unit of the signal]
    """
    from scipy.signal import detrend  # noqa: PLC0415 - see above

    left: Float = detrend(signal)
    return left
