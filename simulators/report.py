"""What a simulated device says, and when: the one form in which every source and scenario tells its story."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from anhu.contract.wire import Measured, WireEvent, WireMessage, WireWaveform

_encoder = msgspec.json.Encoder()
_LARGEST_INT16 = 32_767
_CALLS = frozenset({"sos", "fall"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One message of the open format, placed in a story that begins at time 0.

    Attributes
    ----------
    after_ms : int
        When it is sent. [ms]
    observed_after_ms : int
        The time that the message names: the beginning of its waveform, or the measurement. [ms]
    values, events, waveforms
        As in `anhu.contract.wire.WireMessage`.
    """

    after_ms: int
    observed_after_ms: int
    values: Mapping[str, float | Measured] = field(default_factory=dict)
    events: tuple[WireEvent, ...] = ()
    waveforms: tuple[WireWaveform, ...] = ()

    @property
    def is_urgent(self) -> bool:
        """Whether it calls for help, and so goes to the topic that waits behind nothing."""
        return any(event.kind in _CALLS and event.state == "on" for event in self.events)

    def payload(self, start_ms: int) -> bytes:
        """Return the message's bytes for a story whose time 0 is `start_ms`, UTC. [ms]."""
        message = WireMessage(
            v=1,
            time=start_ms + self.observed_after_ms,
            values=dict(self.values),
            events=list(self.events),
            waveforms=list(self.waveforms),
        )
        return _encoder.encode(message)

    def moved(self, by_ms: int) -> Report:
        """Return the same report later in the story. [ms]."""
        return replace(self, after_ms=self.after_ms + by_ms, observed_after_ms=self.observed_after_ms + by_ms)


Story = tuple[Report, ...]
"""Reports in the order in which they are sent."""


def measured(after_ms: int, **values: float | Measured) -> Report:
    """Return a report of numbers, sent when they were measured. [ms; each quantity's unit]."""
    return Report(after_ms=after_ms, observed_after_ms=after_ms, values=values)


def happened(after_ms: int, kind: str, state: str = "on", **attributes: str | float | bool) -> Report:
    """Return a report of one event, sent when it happened. [ms]."""
    event = WireEvent(kind=kind, state=state, attributes=dict(attributes))
    return Report(after_ms=after_ms, observed_after_ms=after_ms, events=(event,))


def packed_waveform(
    quantity: str,
    samples: NDArray[np.floating],
    *,
    sampling_rate_hz: float,
    channels: tuple[str, ...],
    position: str = "",
) -> WireWaveform:
    """Pack samples of shape (n, channels) as 16-bit integers, the scale chosen to use them well; NaN is a gap."""
    largest = float(np.nanmax(np.abs(samples), initial=0.0))
    scale = largest / _LARGEST_INT16 if largest > 0 else 1.0
    codes = np.where(np.isnan(samples), -_LARGEST_INT16 - 1, np.round(samples / scale)).astype("<i2")
    return WireWaveform(
        quantity=quantity,
        sampling_rate_hz=sampling_rate_hz,
        channels=channels,
        samples_int16=base64.b64encode(codes.tobytes()).decode(),
        scale=scale,
        position=position,
    )


def in_order(*stories: Story) -> Story:
    """Merge stories that begin together into one, by time of sending."""
    return tuple(sorted((r for story in stories for r in story), key=lambda r: r.after_ms))


def length_ms(story: Story) -> int:
    """Return the time of the last report. [ms]."""
    return max((r.after_ms for r in story), default=0)
