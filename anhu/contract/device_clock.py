"""Whether a device's own time is to be trusted: on time, late on the way, or from a clock that is wrong.

One answer for storing and for alarming: what the chart calls late is late for the alarm, and what the alarm takes as
made now has its clock doubted in the chart.

A report from the future comes from a wrong clock: nothing can arrive before it was observed. A report from the past is
either buffered (true, late) or from a clock that is behind (made now, more or less). A buffer empties, so its lag
shrinks to nothing within minutes; a wrong clock keeps its lag. In doubt it is late, and a clock is called wrong as soon
as it is sure, because the danger is on one side: whoever takes a wrong clock for a late report lets a call for help
wait, and does not look at vital signs at all. What a device itself marks as kept (`Quality.KEPT`) is taken at its word.
"""

from __future__ import annotations

from collections.abc import Iterable

from anhu.contract.clock import DAY_MS, MINUTE_MS, SECOND_MS
from anhu.contract.observation import Observation, Quality, TimeQuality, Waveform

SANE_MS = 10 * MINUTE_MS
"""A clock off by less is right enough; a watch that sets itself once a day drifts by seconds. [ms]"""
LATE_MS = 2 * MINUTE_MS
"""What is on the way for longer is late: twice the usual time between two reports. [ms]"""
BUFFER_MS = MINUTE_MS
"""After connecting a device sends what it has kept for so long; what it sends later is of now. [ms]"""
KEPT_MS = 30 * DAY_MS
"""No device keeps a call for longer: what seems older comes from a clock that lost its battery. [ms]"""
_REPORTS = 3
_STEADY_MS = 5 * SECOND_MS
_STEADY_APART_MS = 10 * SECOND_MS
_ROUGHLY_FOR_MS = 10 * MINUTE_MS
_DEVICE = TimeQuality.DEVICE  # asked for every message: an enum's member costs a look each time
_RECEIVED, _SKEWED = TimeQuality.RECEIVED, TimeQuality.SKEWED
_LATE, _CLOCK_SKEW, _KEPT = int(Quality.LATE), int(Quality.CLOCK_SKEW), int(Quality.KEPT)
_FORM_0_1 = 4
"""Numbers in a state of version 0.1: was it sane, the lag, since when, how often."""


class DeviceClock:
    """What the lags of one device's messages say of its clock.

    A clock that is behind by more than ten minutes is sure to be wrong

    - when three messages, ten seconds apart or more, had the same lag within five seconds: after twenty seconds;
    - when three messages or more, over ten minutes or more, had lags within two minutes of each other: a device that
      reports whole minutes, or over a slow network, is never as steady as the first rule asks;
    - when it is behind by more than a day and was never seen to be right: it was never set.

    It stays wrong until a message comes whose lag is sane, so that one delay on the way does not make a call old.

    Attributes
    ----------
    was_sane : bool
        It was seen to be right.
    lag_ms : int
        By how much it is behind, once that is sure; else 0. [ms]
    """

    __slots__ = ("_lags", "lag_ms", "was_sane")

    def __init__(self) -> None:
        self.was_sane = False
        self.lag_ms = 0
        self._lags: _Lags | None = None

    def is_right(self) -> None:
        """Learn from a message that is on time."""
        self.was_sane = True
        self.lag_ms = 0
        self._lags = None

    def hear(self, observations: Iterable[Observation], received_at_ms: int) -> None:
        """Learn from a message, by the freshest device time in it that is not of the future. [ms]."""
        least_ms = 0
        for one in observations:
            if one.time_quality is _DEVICE and not one.quality & _KEPT:  # kept, as it says: no sign of its clock
                at_ms = one.observed_at_ms if type(one) is not Waveform else until_ms(one)
                lag_ms = received_at_ms - at_ms
                if -SANE_MS <= lag_ms <= SANE_MS:
                    self.was_sane, self.lag_ms, self._lags = True, 0, None
                    return
                if lag_ms > 0:
                    least_ms = min(lag_ms, least_ms or lag_ms)
        if least_ms:
            self.learn(least_ms, received_at_ms)

    def hear_one(self, observed_at_ms: int, time_quality: int, received_at_ms: int) -> int:
        """Learn from a message that has one time only; return the time that rules use for it. [ms]."""
        if time_quality == _DEVICE:
            lag_ms = received_at_ms - observed_at_ms
            if -SANE_MS <= lag_ms <= SANE_MS:
                self.was_sane, self.lag_ms, self._lags = True, 0, None
                return observed_at_ms
            self.learn(lag_ms, received_at_ms)
        return self.rule_time(observed_at_ms, time_quality, received_at_ms)

    def learn(self, lag_ms: int, received_at_ms: int) -> None:
        """Learn from the lag of the freshest device time of a message. [ms]."""
        if -SANE_MS <= lag_ms <= SANE_MS:
            self.is_right()
        elif lag_ms > 0:
            if self._lags is None:
                self._lags = _Lags()
            self.lag_ms = self._lags.sure_ms(lag_ms, received_at_ms) or self.lag_ms

    def flags(self, observed_at_ms: int, time_quality: int, received_at_ms: int) -> int:
        """Return what is to be said of an observation's time: `Quality` LATE and CLOCK_SKEW, or 0. [ms].

        Both are said of what was buffered on a device whose clock is behind.
        """
        if time_quality == _RECEIVED:
            return 0
        lag_ms = received_at_ms - observed_at_ms
        if time_quality == _SKEWED or lag_ms < -SANE_MS:
            return _CLOCK_SKEW
        if self.lag_ms:
            return _CLOCK_SKEW | _LATE if lag_ms - self.lag_ms > LATE_MS else _CLOCK_SKEW
        if lag_ms <= LATE_MS:
            return 0
        return _LATE if self.was_sane or lag_ms <= DAY_MS else _CLOCK_SKEW

    def rule_time(self, observed_at_ms: int, time_quality: int, received_at_ms: int) -> int:
        """Return the time that rules use for an observation. [ms].

        The device's own where the clock is right; when it was received where the clock is wrong; and for what was
        buffered on a device whose clock is wrong, its own time, set right.
        """
        if time_quality == _DEVICE and not self.lag_ms and -SANE_MS <= received_at_ms - observed_at_ms <= SANE_MS:
            return observed_at_ms
        flags = self.flags(observed_at_ms, time_quality, received_at_ms)
        if flags & _LATE:
            return observed_at_ms + self.lag_ms
        return received_at_ms if flags or time_quality == _RECEIVED else observed_at_ms

    def is_surely_late(self, received_at_ms: int, connected_ms: int) -> bool:
        """Tell whether a message with a lag was on the way for that long: else it may as well be said now. [ms].

        Asked for calls for help only, whose danger is on the other side: a call that is old pages nobody. A buffer is
        emptied just after the connection is made (`connected_ms`, 0 where none is known), and only where the clock was
        seen to be right, or the lag to shrink, does the lag say that there was one.
        """
        if self._lags is not None and self._lags.is_shrinking:
            return True
        return self.was_sane and (not connected_ms or received_at_ms - connected_ms <= BUFFER_MS)

    def shift(self, by_ms: int) -> None:
        """Take it that everything was received at another time, because the platform's clock was set. [ms]."""
        if self._lags is not None:
            self._lags.shift(by_ms)

    def snapshot(self) -> list[int]:
        """Return the whole state."""
        return [int(self.was_sane), self.lag_ms, *(self._lags.snapshot() if self._lags is not None else ())]

    def restore(self, state: list[int]) -> None:
        """Take over a state, also one that version 0.1 wrote."""
        self.was_sane = bool(state[0])
        if len(state) == _FORM_0_1:
            _, behind_ms, seen_ms, steady = state
            self.lag_ms = behind_ms if steady >= _REPORTS else 0
            self._lags = _Lags(steady_ms=behind_ms, seen_ms=seen_ms, steady=steady) if steady else None
        else:
            _, self.lag_ms, *lags = state
            self._lags = _Lags(*lags) if lags else None


class _Lags:
    """Lags above what is sane, one message after the other, and whether they stay the same."""

    __slots__ = ("_first_ms", "_high_ms", "_low_ms", "_reports", "_seen_ms", "_steady", "_steady_ms")

    def __init__(  # noqa: PLR0917 - the order of a snapshot
        self, first_ms: int = 0, low_ms: int = 0, high_ms: int = 0, reports: int = 0,
        steady_ms: int = 0, seen_ms: int = 0, steady: int = 0,
    ) -> None:  # fmt: skip
        self._first_ms, self._low_ms, self._high_ms, self._reports = first_ms, low_ms, high_ms, reports
        self._steady_ms, self._seen_ms, self._steady = steady_ms, seen_ms, steady

    def sure_ms(self, lag_ms: int, received_at_ms: int) -> int:
        """Take the next lag; return by how much the clock is behind, 0 as long as that is not sure. [ms]."""
        steady_ms, rough_ms = self._steadily(lag_ms, received_at_ms), self._roughly(lag_ms, received_at_ms)
        return steady_ms or rough_ms

    def _steadily(self, lag_ms: int, received_at_ms: int) -> int:
        if abs(lag_ms - self._steady_ms) >= _STEADY_MS:
            self._steady_ms, self._seen_ms, self._steady = lag_ms, received_at_ms, 1
        elif received_at_ms - self._seen_ms >= _STEADY_APART_MS:
            self._seen_ms = received_at_ms
            self._steady += 1
        return self._steady_ms if self._steady >= _REPORTS else 0

    def _roughly(self, lag_ms: int, received_at_ms: int) -> int:
        low_ms, high_ms = min(self._low_ms, lag_ms), max(self._high_ms, lag_ms)
        if not self._reports or high_ms - low_ms > LATE_MS:
            self._first_ms, self._low_ms, self._high_ms, self._reports = received_at_ms, lag_ms, lag_ms, 1
            return 0
        self._low_ms, self._high_ms = low_ms, high_ms
        self._reports += 1
        return low_ms if self._reports >= _REPORTS and received_at_ms - self._first_ms >= _ROUGHLY_FOR_MS else 0

    @property
    def is_shrinking(self) -> bool:
        """Whether the newest lag is less than one before by more than a clock that is wrong makes it.

        One that grows is no buffer's: the clock stands, or runs slow.
        """
        return self._high_ms - self._steady_ms >= MINUTE_MS

    def shift(self, by_ms: int) -> None:
        self._first_ms += by_ms
        self._seen_ms += by_ms

    def snapshot(self) -> tuple[int, ...]:
        rough = self._first_ms, self._low_ms, self._high_ms, self._reports
        return *rough, self._steady_ms, self._seen_ms, self._steady


def until_ms(observation: Observation) -> int:
    """Return when an observation was complete, so that it could be sent: a waveform's end. [ms]."""
    if type(observation) is Waveform:
        return observation.observed_at_ms + observation.duration_ms
    return observation.observed_at_ms
