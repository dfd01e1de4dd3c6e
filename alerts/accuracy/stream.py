"""Run a production detector over an array of samples, as the engine would: piece by piece, ticks when they are due."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from alerts.detectors import discover
from alerts.finding import Finding
from alerts.rules.detector import Detector, Profile, Window

EPOCH_MS = 1_700_000_000_000
"""Recordings without a date are laid here. [ms]"""
_SILENCE_S = 120.0


def windows(
    quantity: str,
    t_ms: NDArray[np.int64],
    values: NDArray[np.float64],
    *,
    sampling_rate_hz: float = 0.0,
    position: str = "",
    piece_ms: int = 1_000,
) -> Iterator[Window]:
    """Cut a recording into the windows a device would send.

    Parameters
    ----------
    quantity : str
        Code of the quantity table.
    t_ms : ndarray, shape (n,)
        Since the start of the recording, not decreasing. [ms]
    values : ndarray, shape (n, channels)
        In the quantity's unit; NaN is a missing sample.
    piece_ms : int
        Length of a window. [ms]
    """
    t = np.asarray(t_ms, dtype=np.int64) + EPOCH_MS
    edges = [0, *(np.flatnonzero(np.diff(t // piece_ms)) + 1).tolist(), len(t)]
    for i in range(len(edges) - 1):
        part = slice(edges[i], edges[i + 1])
        if len(t[part]):
            yield Window(
                quantity=quantity,
                device_id="recording",
                t_ms=t[part],
                values=values[part],
                quality=np.zeros(len(t[part]), dtype=np.int32),
                sampling_rate_hz=sampling_rate_hz,
                position=position,
                received_at_ms=int(t[part][-1]),
            )


def stream(detector: Detector, pieces: Iterator[Window], *, silence_s: float = 30.0) -> list[Finding]:
    """Return what a detector finds in a recording, and in the silence after it. [s]."""
    found: list[Finding] = []
    last_ms = EPOCH_MS
    for piece in pieces:
        _pass_time(detector, int(piece.t_ms[0]), found)
        found += detector.update(piece)
        last_ms = piece.received_at_ms
    _pass_time(detector, last_ms + round(silence_s * 1_000), found)
    return found


def _pass_time(detector: Detector, now_ms: int, found: list[Finding]) -> None:
    due = detector.due_ms()
    while due is not None and due <= now_ms:
        found += detector.tick(due)
        due = detector.due_ms()


def findings(
    quantity: str,
    samples: NDArray[np.floating],
    *,
    sampling_rate_hz: float,
    t_ms: NDArray[np.int64] | None = None,
    position: str = "",
    profile: Profile | None = None,
) -> list[Finding]:
    """Return what the production detectors find in a recording: every detector that reads its quantity.

    Parameters
    ----------
    quantity : str
        Code of the quantity table: ``acceleration``, ``ecg``, ``ppg``...
    samples : ndarray, shape (n,) or (n, channels)
        In the quantity's unit; NaN is a missing sample.
    sampling_rate_hz : float
        Nominal rate. [Hz]
    t_ms : ndarray, shape (n,), optional
        When each sample was taken, since the start, not decreasing; evenly spaced when left out. [ms]
    position : str
        Where on the body; matters for falls.
    profile : Profile, optional
        The resident's flags and limits.

    Returns
    -------
    list of Finding
        By the time at which each was decided.
    """
    column = np.asarray(samples, dtype=np.float64)
    values = column[:, None] if column.ndim == 1 else column
    even_ms = np.rint(np.arange(len(values)) * 1_000 / sampling_rate_hz).astype(np.int64)
    times = even_ms if t_ms is None else t_ms
    found: list[Finding] = []
    for detector in discover():
        if quantity in detector.reads:
            pieces = windows(quantity, times, values, sampling_rate_hz=sampling_rate_hz, position=position)
            found += stream(detector.for_profile(profile or Profile()), pieces, silence_s=_SILENCE_S)
    return sorted(found, key=lambda one: one.decided_at_ms)
