"""The windows of a case as messages of a device without a clock: what the engine made them of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from alerts.rules.detector import HEARD, Window
from anhu.contract.observation import Event, Observation, Scalar, TimeQuality, Waveform
from anhu.contract.quantities import QUANTITIES, Kind
from anhu.contract.record import Reading

RESIDENT = "r-1"
_RECEIVED = TimeQuality.RECEIVED
_AXES = ("x", "y", "z")


def sent(windows: Sequence[Window]) -> list[Reading]:
    """Return one message for each number, event and piece of a waveform, received as soon as it was complete."""
    return [reading for window in windows for reading in _messages(window)]


def _messages(window: Window) -> Iterator[Reading]:
    if window.quantity in QUANTITIES and QUANTITIES[window.quantity].kind is Kind.WAVEFORM:
        wave = _wave(window)
        yield _message(window, wave, wave.observed_at_ms + wave.duration_ms)
        return
    for at_ms, value, quality in zip(window.t_ms, window.values[:, 0], window.quality, strict=True):
        yield _message(window, _one(window, int(at_ms), float(value), int(quality)), int(at_ms))


def _message(window: Window, one: Observation, received_at_ms: int) -> Reading:
    return Reading(window.device_id, RESIDENT, received_at_ms, (one,))


def _wave(window: Window) -> Waveform:
    return Waveform(
        window.quantity,
        int(window.t_ms[0]),
        window.sampling_rate_hz or 1.0,  # a posture is one sample
        _AXES[: window.values.shape[1]],
        window.values.astype(np.float32).tobytes(),
        time_quality=_RECEIVED,
        quality=int(np.bitwise_or.reduce(window.quality)),
        position=window.position,
    )


def _one(window: Window, at_ms: int, value: float, quality: int) -> Observation:
    if window.quantity == HEARD:
        return Scalar("battery", 80.0, at_ms, time_quality=_RECEIVED)
    if window.quantity in QUANTITIES and QUANTITIES[window.quantity].kind is not Kind.EVENT:
        return Scalar(window.quantity, value, at_ms, time_quality=_RECEIVED, quality=quality, context=window.context)
    attributes = {**window.attributes} | ({"room": window.context} if window.context else {})
    state = "on" if value else "off"
    return Event(window.quantity, at_ms, state, attributes, time_quality=_RECEIVED, quality=quality)
