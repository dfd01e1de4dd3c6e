"""Low oxygen saturation during several nights of a week: a finding for the doctor, not for the night desk.

Source: the share of the night below 90 % (T90), at 10 % or more linked with sleep-disordered breathing and with heart
disease; one night varies, so three of seven. With the flag ``copd`` the limit is 85 %.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from alerts.finding import Condition, Evidence, Finding
from alerts.rules.detector import Detector, Profile, Window
from alerts.rules.local_time import LocalTime, within
from alerts.rules.one_of import one_of
from alerts.rules.threshold import with_limits
from alerts.rules.timers import caught_up
from alerts.rules.usable import usable_numbers
from alerts.signal.packed import added, packed, unpacked
from alerts.time_shift import shifted
from anhu.contract.clock import HOUR_MS, MINUTE_MS
from anhu.contract.priority import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Limits and spans.

    Attributes
    ----------
    low_percent : float
        Below counts as low. [%]
    share_percent : float
        A night with this share below is a low one. [%]
    nights, low_nights : int
        So many low ones of so many.
    from_h, until_h : float
        The night, local time. [h]
    least_h : float
        A night with less recorded time than this says nothing. [h]
    longest_min : float
        One reading stands for at most this long. [min]
    """

    low_percent: float = 90.0
    share_percent: float = 10.0
    nights: int = 7
    low_nights: int = 3
    from_h: float = 22.0
    until_h: float = 7.0
    least_h: float = 3.0
    longest_min: float = 15.0


COPD = Params(low_percent=85.0)
_NEVER_MS = -(2**63)


class Spo2Nights(Detector):
    """Recorded time below the limit, weighted by how long each reading stood; decided at the end of a night.

    Notes
    -----
    Wrist devices err by 6 % and more below 90 % (Rafl 2022), and lying on the arm reads low: a share of the whole night
    over several nights is asked for, readings that the device calls poor do not count.
    """

    name = "spo2_nights"
    kinds = ("spo2_nights",)
    reads = ("spo2",)
    noted = True
    __slots__ = (
        "_clock", "_device_id", "_due_ms", "_last_ms", "_last_percent", "_longest_ms", "_low_ms", "_lowest", "_nights",
        "_on", "_params", "_seen_ms", "_span",
    )  # fmt: skip

    def __init__(self, params: Params, clock: LocalTime) -> None:
        self._params = params
        self._longest_ms = one_of(round(params.longest_min * MINUTE_MS))
        self._clock = clock
        self._last_ms = _NEVER_MS
        self._last_percent = 0.0
        self._seen_ms = 0
        self._low_ms = 0
        self._lowest = 100.0
        self._due_ms: int | None = None
        self._nights = packed()  # day, share, day, share
        self._on = False
        self._device_id = ""
        self._span = (0, 0, False)

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one with the resident's own limits."""
        usual = COPD if "copd" in profile.flags else Params()
        return cls(with_limits(usual, profile, "spo2_nights"), LocalTime.of(profile.time_zone))

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take readings; those of the day do not count."""
        p = self._params
        found: list[Finding] = []
        self._device_id = window.device_id
        for t, percent in usable_numbers(window):
            found += caught_up(self, t)
            if not self._is_night(t):
                continue
            if self._due_ms is None:
                self._due_ms = self._clock.next_at(t, p.until_h)
            self._add(t, percent)
        return tuple(found)

    def _is_night(self, t: int) -> bool:
        """Tell whether a time is in a night; asked for every reading, so the answer is kept until it changes."""
        start, end, night = self._span
        if start <= t < end:
            return night
        p, clock = self._params, self._clock
        end = min(clock.next_at(t, p.from_h), clock.next_at(t, p.until_h))
        night = within(clock.hour(t), p.from_h, p.until_h)
        self._span = (t, end, night)
        return night

    def _add(self, t: int, percent: float) -> None:
        if self._last_ms != _NEVER_MS:
            stood = min(t - self._last_ms, self._longest_ms)
            self._seen_ms += stood
            if self._last_percent < self._params.low_percent:
                self._low_ms += stood
        self._last_ms, self._last_percent = t, percent
        self._lowest = min(self._lowest, percent)

    def quiet_range(self, quantity: str) -> tuple[float, float]:  # noqa: ARG002 - it reads one
        """Return everything: only the end of the night decides."""
        return -math.inf, math.inf

    def note(self, quantity: str, t_ms: int, value: float) -> bool:  # noqa: ARG002 - it reads one
        """Add a reading to the night; the night's first one, and what comes after its end, come as windows. [ms]."""
        due = self._due_ms
        if not self._is_night(t_ms):
            return due is None or t_ms < due
        if due is None or t_ms >= due:
            return False
        self._add(t_ms, value)
        return True

    def due_ms(self) -> int | None:
        """Return when the night ends. [ms]."""
        return self._due_ms

    def tick(self, now_ms: int) -> tuple[Finding, ...]:
        """Judge the night that ends now, among the last seven. [ms]."""
        due = self._due_ms
        if due is None or now_ms < due:
            return ()
        p, day = self._params, self._clock.day(due)
        if self._seen_ms >= p.least_h * HOUR_MS:
            self._nights = added(added(self._nights, day), round(100.0 * self._low_ms / self._seen_ms, 1))
        lowest = self._lowest
        self._last_ms, self._seen_ms, self._low_ms, self._lowest, self._due_ms = _NEVER_MS, 0, 0, 100.0, None
        nights = [pair for pair in self._pairs() if pair[0] > day - p.nights]
        self._nights = packed(chain.from_iterable(nights))
        low = [share for _, share in nights if share >= p.share_percent]
        raised = len(low) >= p.low_nights
        if raised == self._on or (self._on and (low or len(nights) < p.low_nights)):
            return ()
        self._on = raised
        share = low[-1] if low else nights[-1][1]
        evidence = Evidence(
            features={"nights": float(len(low)), "below_share_percent": share, "lowest_percent": lowest},
            limits={"nights": float(p.low_nights), "below_share_percent": p.share_percent},
            quantity="spo2",
            device_id=self._device_id,
            start_ms=self._clock.at(day - 1, p.from_h),
            end_ms=due,
        )
        condition = Condition.PRESENT if raised else Condition.GONE
        return (Finding("spo2_nights", condition, due, due, 1.0, Priority.LOW, evidence),)

    def _pairs(self) -> Sequence[tuple[int, float]]:
        """Return day and share of each night."""
        kept = unpacked(self._nights)
        return [*zip(map(int, kept[::2]), kept[1::2], strict=True)]

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        return {
            "last": None if self._last_ms == _NEVER_MS else [self._last_ms, self._last_percent],
            "night": [self._seen_ms, self._low_ms, self._lowest, self._due_ms],
            "nights": [[day, share] for day, share in self._pairs()],
            "on": self._on,
            "device": self._device_id,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._last_ms, self._last_percent = state["last"] or (_NEVER_MS, 0.0)
        self._seen_ms, self._low_ms, self._lowest, self._due_ms = state["night"]
        self._nights = packed(chain.from_iterable(state["nights"]))
        self._on, self._device_id = state["on"], state["device"]

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._last_ms = shifted(self._last_ms, by_ms)
        self._due_ms = shifted(self._due_ms, by_ms)
