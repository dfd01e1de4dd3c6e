"""Observations as detectors want them: windows of arrays on rule time, with the flags that matter to rules."""

from __future__ import annotations

import numpy as np

from alerts.rules.detector import HEARD, Window
from anhu.contract.observation import Event, Quality, Scalar, Waveform
from anhu.contract.quantities import QUANTITIES, is_no_value

_GOOD = np.zeros(1, dtype=np.int32)
_ON = np.ones((1, 1))
_OFF = np.zeros((1, 1))
for _shared in (_GOOD, _ON, _OFF):
    _shared.flags.writeable = False


def scalar_window(scalar: Scalar, device_id: str, t_ms: int, received_at_ms: int) -> Window:
    """Return a number as a window; outside its plausible range it is flagged. [ms]."""
    row = QUANTITIES.get(scalar.quantity)
    plausible = row is None or (row.low <= scalar.value <= row.high and not is_no_value(scalar.quantity, scalar.value))
    quality = scalar.quality if plausible else scalar.quality | Quality.OUT_OF_RANGE
    return Window(
        quantity=scalar.quantity,
        device_id=device_id,
        t_ms=np.array([t_ms], dtype=np.int64),
        values=np.array([[scalar.value]]),
        quality=np.array([quality], dtype=np.int32) if quality else _GOOD,
        context=scalar.context,
        received_at_ms=received_at_ms,
    )


def event_window(event: Event, device_id: str, t_ms: int, received_at_ms: int, *, room: str = "") -> Window:
    """Return an event as a window of one 1 or 0; `room` is where the sensor is registered, if it does not say. [ms]."""
    room = str(event.attributes.get("room") or room or event.attributes.get("vendor_type", ""))
    return Window(
        quantity=event.kind,
        device_id=device_id,
        t_ms=np.array([t_ms], dtype=np.int64),
        values=_ON if event.state == "on" else _OFF,
        quality=np.array([event.quality], dtype=np.int32) if event.quality else _GOOD,
        context=room,
        received_at_ms=received_at_ms,
        attributes=event.attributes,
    )


def heard_window(device_id: str, received_at_ms: int) -> Window:
    """Return a sign of life. [ms]."""
    return Window(
        quantity=HEARD,
        device_id=device_id,
        t_ms=np.array([received_at_ms], dtype=np.int64),
        values=_ON,
        quality=_GOOD,
        received_at_ms=received_at_ms,
    )


def wave_window(wave: Waveform, device_id: str, start_ms: int, received_at_ms: int, position: str) -> Window:
    """Return a waveform as a window; samples outside the plausible range are flagged. [ms]."""
    values = wave.array().astype(np.float64)
    offsets = np.arange(len(values)) * (1_000.0 / wave.sampling_rate_hz)
    quality = np.full(len(values), wave.quality, dtype=np.int32)
    row = QUANTITIES.get(wave.quantity)
    if row is not None:
        outside = np.any((values < row.low) | (values > row.high), axis=1)
        quality[outside] |= int(Quality.OUT_OF_RANGE)
    return Window(
        quantity=wave.quantity,
        device_id=device_id,
        t_ms=start_ms + np.rint(offsets).astype(np.int64),
        values=values,
        quality=quality,
        sampling_rate_hz=wave.sampling_rate_hz,
        position=wave.position or position,
        received_at_ms=received_at_ms,
    )
