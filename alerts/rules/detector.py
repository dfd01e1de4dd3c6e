"""What a detector is: one file, frozen parameters, windows in, findings out.

A detector is streaming: however its input is cut into windows, the findings are the same. Its whole state is what
`snapshot` returns, so it survives a restart at any point. It never raises for data that passed ingest's checks, and a
quiet, flat, gappy or clipped signal never makes it fire.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from alerts.finding import Finding
from alerts.rules.silence import Lesson, Silence

HEARD = "heard"
"""A sign of life of any kind: not in the quantity table, made by the engine for each message of a device.

`Window.t_ms` is when it was received. The engine keeps it back while `quiet_range` allows, and hands the newest over
before `tick`.
"""


DEFAULT_ZONE = "Asia/Shanghai"
"""Of whoever has no other: the same as that of `ANHU_TIME_ZONE`."""


class Scope(StrEnum):
    """What one instance of a detector watches."""

    RESIDENT = "resident"
    """All of a resident's devices together.

    Its profile has the flags and limits that every device shares; signs of life (`HEARD`) come before each `tick`,
    the newest of each device. Times of different devices may cross.
    """
    DEVICE = "device"
    """One device of one resident."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The next stretch of one quantity, in time order.

    Attributes
    ----------
    quantity : str
        Code of the quantity table.
    device_id : str
        Who measured it.
    t_ms : ndarray, shape (n,), int64
        Times that rules use, not decreasing within a device. [ms]
    values : ndarray, shape (n, channels), float64
        In the quantity's unit; NaN is a missing sample. For an event one column: 1 on, 0 off.
    quality : ndarray, shape (n,), int32
        `anhu.contract.observation.Quality` flags.
    sampling_rate_hz : float
        Of a waveform; 0 for numbers and events. [Hz]
    position : str
        Where on the body; empty when unknown.
    context : str
        A scalar's context, an event's room or vendor type.
    received_at_ms : int
        When the newest of it was received: the engine's "now". [ms]
    attributes : mapping
        Of an event.
    """

    quantity: str
    device_id: str
    t_ms: NDArray[np.int64]
    values: NDArray[np.float64]
    quality: NDArray[np.int32]
    sampling_rate_hz: float = 0.0
    position: str = ""
    context: str = ""
    received_at_ms: int = 0
    attributes: Mapping[str, str | float | int | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is known of a resident or device before anything is measured.

    Attributes
    ----------
    limits : mapping
        Per-resident limits in force, ``"heart_rate_high.high_bpm" -> 140``: alert kind, dot, parameter.
    flags : frozenset of str
        ``copd``, ``diabetes``, ``dementia``, ``fall_risk``, ``heart_failure``, ``lives_alone``, ``age_65``...
    report_period_s : float
        Of the device; 0 when it reports on events only. [s]
    only_alarm_device : bool
        It is the resident's only fall, SOS or smoke device.
    time_zone : str
        By whose clock the resident lives: an IANA name.
    """

    limits: Mapping[str, float] = field(default_factory=dict)
    flags: frozenset[str] = frozenset()
    report_period_s: float = 0.0
    only_alarm_device: bool = False
    time_zone: str = DEFAULT_ZONE

    def __hash__(self) -> int:
        """Return the same for equal ones, so that one can stand for all of them (`alerts.rules.one_of`)."""
        rest = self.flags, self.report_period_s, self.only_alarm_device, self.time_zone
        return hash((frozenset(self.limits.items()), rest))


class Detector(ABC):
    """Base of all detectors. A module of `alerts.detectors` defines subclasses; they are found by themselves.

    A subclass has a frozen ``Params`` dataclass, takes ``params`` in its constructor, and sets the class
    variables below. Everything it computes with comes from `update`, `tick` and its parameters.
    """

    __slots__ = ()  # a city has millions: who names its own as well takes a third of the memory

    name: ClassVar[str]
    """Stable name, also in snapshots."""
    version: ClassVar[int] = 1
    """Another one whenever it decides otherwise: evidence names it, and two of them can run side by side."""
    differs: ClassVar[tuple[str, str]] = ("", "")
    """Of a further version: in what it differs from the released one, in English and in Chinese."""
    models: ClassVar[tuple[str, ...]] = ()
    """Learned models that it asks: files of `alerts/models` without their ending."""
    kinds: ClassVar[tuple[str, ...]]
    """Alert kinds it may find."""
    reads: ClassVar[tuple[str, ...]]
    """Quantities it wants windows of."""
    scope: ClassVar[Scope] = Scope.DEVICE
    noted: ClassVar[bool] = False
    """True if it must know the good numbers that `quiet_range` keeps back: `note` is called for each of them."""
    ordered: ClassVar[bool] = True
    """False if an event that arrives after a newer one is wanted too."""

    @classmethod
    @abstractmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one with the parameters that fit a resident and device."""

    @abstractmethod
    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take the next window; return what is decided by now."""

    def tick(self, now_ms: int) -> tuple[Finding, ...]:  # noqa: ARG002 - the default has no timers
        """Let time pass without data; called when `due_ms` is reached. [ms]."""
        return ()

    def due_ms(self) -> int | None:
        """When `tick` is next wanted; None when never. [ms]."""
        return None

    def quiet_range(self, quantity: str) -> tuple[float, float] | None:  # noqa: ARG002 - the default wants all
        """Return (low, high): numbers strictly inside cannot matter in the present state and may be kept back.

        None means that every value is wanted. The engine asks again after each `update`.
        """
        return None

    def note(self, quantity: str, t_ms: int, value: float) -> bool:  # noqa: ARG002 - the default is not `noted`
        """Take a good number of the quiet range without a window: it decides nothing now, but may count later. [ms].

        False if it must come as a window after all. `due_ms` and `quiet_range` do not change by a number taken so.
        """
        return False

    @property
    def silence(self) -> Silence:
        """Why it says nothing at present, though something might be the matter; asked after each `update`."""
        return Silence.NONE

    @property
    def lesson(self) -> Lesson | None:
        """How far it has come while its silence is `Silence.LEARNING`; None where it does not say."""
        return None

    @abstractmethod
    def snapshot(self) -> dict[str, Any]:
        """Return the whole state as plain values (numbers, texts, bytes, lists, dicts)."""

    @abstractmethod
    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state that `snapshot` returned."""

    @abstractmethod
    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered: the platform's clock was set back, and what was seen goes with it. [ms].

        `alerts.time_shift.shifted` moves one; what is counted in days or weeks stays. Whatever is forgotten here would
        lie in the future until the clock has caught up.
        """
