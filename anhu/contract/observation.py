"""What was observed: a number, a stretch of waveform, or an event, each with its time and how far to trust it."""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from anhu.contract.errors import FieldError

AttributeValue: TypeAlias = str | float | int | bool


class TimeQuality(IntEnum):
    """Where an observation's time comes from."""

    DEVICE = 0
    """The device's own clock, and it is sane."""
    SKEWED = 1
    """The device's own clock, more than ten minutes off: rules use the received time."""
    RECEIVED = 2
    """The device sent no time: this is when we received it."""


class Quality(IntFlag):
    """Reasons to doubt an observation. Flags are added; values are never altered."""

    GOOD = 0
    OUT_OF_RANGE = 1
    """Outside the plausible range of the quantity table."""
    CLOCK_SKEW = 2
    """The device's clock is more than ten minutes from ours, and the report is not a late one."""
    DUPLICATE = 4
    """Same device, quantity and time as one that came before."""
    GAP = 8
    """The first after a gap of more than three reporting periods."""
    LATE = 16
    """Arrived more than two minutes after it was observed: buffered on the way."""
    DEVICE_POOR = 32
    """The device itself said that the measurement is poor (motion, loose cuff, bad contact)."""
    RETAINED = 64
    """A broker's retained copy: state, never a new event."""
    KEPT = 128
    """The device itself says that it kept this until it could send it: it is as old as it says."""


class Scalar(msgspec.Struct, frozen=True, array_like=True, tag=0, gc=False):
    """One number.

    Attributes
    ----------
    quantity : str
        Code of the quantity table; the value is in that row's unit.
    value : float
        Finite. [the quantity's unit]
    observed_at_ms : int
        UTC. [ms]
    time_quality : TimeQuality
        Where the time comes from.
    quality : int
        `Quality` flags.
    context : str
        What the number needs to be understood (``fasting``, ``axilla``); empty mostly.
    source : str
        The sensor behind a gateway that measured it; empty when the device itself did.
    """

    quantity: str
    value: float
    observed_at_ms: int
    time_quality: TimeQuality = TimeQuality.DEVICE
    quality: int = 0
    context: str = ""
    source: str = ""


class Waveform(msgspec.Struct, frozen=True, array_like=True, tag=1, gc=False):
    """A stretch of evenly sampled signal, all channels together.

    Attributes
    ----------
    quantity : str
        Code of the quantity table.
    observed_at_ms : int
        Time of the first sample, UTC. [ms]
    sampling_rate_hz : float
        0.1 to 2000. [Hz]
    channels : tuple of str
        One name a column: ``x y z`` or ``II``.
    samples : bytes
        Little-endian float32, shape (n, channels), row after row; NaN is a missing sample. [the quantity's unit]
    position : str
        Where on the body: waist, chest, wrist, pocket, ankle, finger; empty when unknown.
    """

    quantity: str
    observed_at_ms: int
    sampling_rate_hz: float
    channels: tuple[str, ...]
    samples: bytes
    time_quality: TimeQuality = TimeQuality.DEVICE
    quality: int = 0
    position: str = ""
    source: str = ""

    def array(self) -> NDArray[np.float32]:
        """Return the samples, shape (n, channels), read-only. [the quantity's unit]."""
        flat = np.frombuffer(self.samples, dtype="<f4")
        return flat.reshape(-1, len(self.channels))

    @property
    def duration_ms(self) -> int:
        """Length from the first sample to one period after the last. [ms]."""
        n = len(self.samples) // (4 * len(self.channels))
        return round(n * 1_000 / self.sampling_rate_hz)


class Event(msgspec.Struct, frozen=True, array_like=True, tag=2, gc=False):
    """Something that happened, or a state that began or ended.

    Attributes
    ----------
    kind : str
        Code of the quantity table, an event row.
    state : str
        ``on`` (began, pressed, detected, open, occupied) or ``off`` (ended, closed, empty).
    attributes : dict
        What the sender added: room, latitude_deg, longitude_deg, accuracy_m, vendor_type ...
    """

    kind: str
    observed_at_ms: int
    state: str = "on"
    attributes: dict[str, AttributeValue] = {}
    time_quality: TimeQuality = TimeQuality.DEVICE
    quality: int = 0
    source: str = ""

    @property
    def quantity(self) -> str:
        """The kind, under the name that all observations share."""
        return self.kind


Observation: TypeAlias = Scalar | Waveform | Event


class PlainNumbers(msgspec.Struct, frozen=True, gc=False):
    """What most messages say: numbers of one time, and nothing else about them.

    Attributes
    ----------
    observed_at_ms : int
        Of all of them, UTC. [ms]
    time_quality : TimeQuality
        Where that time comes from.
    values : dict
        Quantity -> finite value, in the order sent; never empty. [the quantity's unit]
    """

    observed_at_ms: int
    time_quality: TimeQuality
    values: dict[str, float]


Decoded: TypeAlias = tuple[Observation, ...] | PlainNumbers
"""What a message says, one by one; or together, where no object has to be made for each number."""


def one_by_one(decoded: Decoded) -> tuple[Observation, ...]:
    """Return every observation of a message, in the order sent."""
    if not isinstance(decoded, PlainNumbers):
        return decoded
    at_ms, time_quality = decoded.observed_at_ms, decoded.time_quality
    return tuple([Scalar(code, value, at_ms, time_quality) for code, value in decoded.values.items()])


MIN_SAMPLING_RATE_HZ = 0.1
MAX_SAMPLING_RATE_HZ = 2_000.0
MAX_WAVEFORM_SAMPLES = 200_000


def waveform_from_array(
    quantity: str,
    samples: NDArray[np.floating] | NDArray[np.integer],
    *,
    observed_at_ms: int,
    sampling_rate_hz: float,
    channels: tuple[str, ...],
    position: str = "",
    time_quality: TimeQuality = TimeQuality.DEVICE,
    source: str = "",
) -> Waveform:
    """Pack an array of shape (n, channels) into a waveform. [the quantity's unit].

    Raises
    ------
    FieldError
        If the shape does not fit the channels, the rate is not 0.1 to 2000 Hz, there are no samples or more
        than 200,000, or a sample is too large for a float32.
    """
    if not MIN_SAMPLING_RATE_HZ <= sampling_rate_hz <= MAX_SAMPLING_RATE_HZ:
        raise FieldError("sampling_rate_hz", sampling_rate_hz, "0.1 to 2000 Hz")
    if samples.ndim != 2 or samples.shape[1] != len(channels):  # noqa: PLR2004 - rows and columns
        raise FieldError("samples", samples.shape, f"rows of {len(channels)} numbers, one per channel")
    if not 0 < samples.size <= MAX_WAVEFORM_SAMPLES:
        raise FieldError("samples", samples.size, f"1 to {MAX_WAVEFORM_SAMPLES} numbers")
    with np.errstate(over="ignore"):  # looked for in the next line
        packed = np.ascontiguousarray(samples, dtype="<f4")
    if np.isinf(packed).any():
        raise FieldError("samples", "an infinite sample", "numbers of at most 3.4e38; NaN where one is missing")
    return Waveform(
        quantity=quantity,
        observed_at_ms=observed_at_ms,
        sampling_rate_hz=float(sampling_rate_hz),
        channels=channels,
        samples=packed.tobytes(),
        position=position,
        time_quality=time_quality,
        source=source,
    )
