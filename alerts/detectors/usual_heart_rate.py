"""A heart that is slow or fast by habit: asked about once, instead of called for each night.

Slow: for a tenth of the first days at or below 50 /min, where NEWS2 (RCP 2017) gives a point. Fast: for half of them at
or above 100. It may be well (training, a beta blocker), it may be what nobody has looked at yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alerts.finding import Condition, Evidence, Finding
from alerts.rules.detector import Detector, Profile, Window
from alerts.rules.own_rate import OwnRate
from alerts.rules.rate_detector import RATES
from alerts.rules.silence import Lesson, Silence
from alerts.rules.threshold import with_limits
from alerts.rules.usable import usable_numbers
from alerts.time_shift import shifted
from anhu.contract.clock import DAY_MS
from anhu.contract.priority import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Limits and spans.

    Attributes
    ----------
    slow_bpm, fast_bpm : float
        At or below, at or above. [/min]
    slow_share, fast_share : float
        For this share of the time. [1]
    open_days : float
        The question ends by itself after so long. [days]
    """

    slow_bpm: float = 50.0
    fast_bpm: float = 100.0
    slow_share: float = 0.1
    fast_share: float = 0.5
    open_days: float = 7.0


class UsualHeartRate(Detector):
    """Low, once a day with its night is known, and never again: the answer is a resident's own limit, or a flag.

    Whoever has the flag ``beta_blocker`` or an own limit was asked already.
    """

    name = "usual_heart_rate"
    kinds = ("usual_heart_rate",)
    reads = RATES
    noted = True
    __slots__ = ("_asked_ms", "_done", "_known", "_own", "_params")

    def __init__(self, params: Params, *, known: bool) -> None:
        self._params = params
        self._known = known
        self._own = OwnRate()
        self._asked_ms: int | None = None
        self._done = False

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one; it asks nothing about whom a doctor has set a limit for."""
        limited = any(name.startswith(("heart_rate_low.", "heart_rate_high.")) for name in profile.limits)
        return cls(with_limits(Params(), profile, cls.name), known=limited or "beta_blocker" in profile.flags)

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take rates; ask when they show a habit."""
        found: list[Finding] = []
        for t, bpm in usable_numbers(window):
            self._own.note(t, bpm)
            if self._is_open and self._own.knows_a_day:
                found += self._judge(t, window.quantity, window.device_id)
        return tuple(found)

    @property
    def _is_open(self) -> bool:
        return not (self._known or self._done)

    def _judge(self, t: int, quantity: str, device_id: str) -> list[Finding]:
        p = self._params
        slow, middle = self._own.quantile(p.slow_share), self._own.quantile(p.fast_share)
        self._done = True
        if slow > p.slow_bpm and middle < p.fast_bpm:
            return []
        self._asked_ms = t
        value, limit = (slow, p.slow_bpm) if slow <= p.slow_bpm else (middle, p.fast_bpm)
        evidence = Evidence(
            features={"heart_rate_bpm": value},
            limits={"heart_rate_bpm": limit},
            quantity=quantity,
            device_id=device_id,
            start_ms=t - DAY_MS,
            end_ms=t,
            note="alert.note.usual_slow" if slow <= p.slow_bpm else "alert.note.usual_fast",
        )
        return [Finding(self.name, Condition.PRESENT, t, t, 1.0, Priority.LOW, evidence)]

    def note(self, quantity: str, t_ms: int, value: float) -> bool:  # noqa: ARG002 - either rate
        """Take a reading for the histogram alone; False when it is time to ask. [ms]."""
        if self._is_open and self._own.knows_a_day:
            return False
        self._own.note(t_ms, value)
        return True

    def quiet_range(self, quantity: str) -> tuple[float, float] | None:  # noqa: ARG002 - either rate
        """Return everything: single readings decide nothing."""
        return float("-inf"), float("inf")

    def due_ms(self) -> int | None:
        """Return when the question has been open for long enough. [ms]."""
        return None if self._asked_ms is None else self._asked_ms + round(self._params.open_days * DAY_MS)

    def tick(self, now_ms: int) -> tuple[Finding, ...]:
        """End a question. [ms]."""
        due, asked = self.due_ms(), self._asked_ms
        if due is None or asked is None or now_ms < due:
            return ()
        self._asked_ms = None
        return (Finding(self.name, Condition.GONE, asked, due, 1.0, Priority.LOW),)

    @property
    def silence(self) -> Silence:
        """Whether a day is not known yet."""
        return Silence.LEARNING if self._is_open and not self._own.knows_a_day else Silence.NONE

    @property
    def lesson(self) -> Lesson:
        """A day with its night is asked."""
        return Lesson(0, 1, "days")

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        return {"own": self._own.snapshot(), "asked": self._asked_ms, "done": self._done}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._own.restore(state["own"])
        self._asked_ms, self._done = state["asked"], state["done"]

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._own.shift(by_ms)
        self._asked_ms = shifted(self._asked_ms, by_ms)
