"""What detectors of a waveform in strips share: stretches with gaps between, and a stream that stops."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from alerts.finding import Finding
from alerts.rules.detector import Detector, Window
from alerts.signal.even_blocks import stretches
from anhu.contract.clock import SECOND_MS
from anhu.contract.observation import Quality

_UNUSABLE = int(Quality.OUT_OF_RANGE | Quality.DUPLICATE | Quality.RETAINED | Quality.DEVICE_POOR)


class SampleStream(Protocol):
    """What cuts samples into strips."""

    @property
    def last_ms(self) -> int | None:
        """When the newest sample was that is not judged yet; None when there is none. [ms]."""


def usable_samples(window: Window) -> NDArray[np.float32]:
    """Return a waveform's samples, NaN where they are not to be used.

    Returns
    -------
    ndarray, shape (n, channels), float32
        In the quantity's unit.
    """
    samples = window.values.astype(np.float32)
    if np.count_nonzero(window.quality):
        samples[(window.quality & _UNUSABLE) != 0] = np.nan
    return samples


class StripDetector(Detector):
    """Judges a waveform in strips; what a stream leaves behind that stops is judged with what there is.

    Parameters
    ----------
    stream : SampleStream
        Of the waveform.
    stall_s : float
        After so long without a sample it has stopped. [s]
    """

    def __init__(self, stream: SampleStream, stall_s: float) -> None:
        self._samples = stream
        self._stall_ms = round(stall_s * SECOND_MS)
        self._device_id = ""
        self._received_ms = 0

    @abstractmethod
    def _feed(self, t_ms: NDArray[np.int64], samples: NDArray[np.float32]) -> list[Finding]:
        """Take samples without a gap. [ms]."""

    @abstractmethod
    def _end(self, now_ms: int) -> list[Finding]:
        """Judge what there is: the stream has stopped. [ms]."""

    def _take(self, window: Window, samples: NDArray[np.float32]) -> tuple[Finding, ...]:
        """Take a window's samples, stretch by stretch."""
        self._device_id = window.device_id
        found: list[Finding] = []
        for part in stretches(window.t_ms, self._stall_ms):
            t = window.t_ms[part]
            last_ms = self._samples.last_ms
            if last_ms is not None and t[0] - last_ms > self._stall_ms:
                found += self._end(last_ms + self._stall_ms)
            found += self._feed(t, samples[part])
        self._received_ms = max(window.received_at_ms, int(window.t_ms[-1]))
        return tuple(found)

    def due_ms(self) -> int | None:
        """When a stream that stopped is judged. [ms]."""
        return None if self._samples.last_ms is None else self._received_ms + self._stall_ms

    def tick(self, now_ms: int) -> tuple[Finding, ...]:
        """Judge a stream that stopped. [ms]."""
        due = self.due_ms()
        return () if due is None or now_ms < due else tuple(self._end(due))
