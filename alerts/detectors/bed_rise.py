"""Sitting up in bed, before somebody leaves it: from a light tag on the breastbone, battery-free ones too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from alerts.finding import Condition, Evidence, Finding
from alerts.rules.detector import Detector, Profile, Window
from alerts.rules.local_time import LocalTime, within
from alerts.rules.threshold import with_limits
from alerts.rules.trigger import UNUSABLE
from alerts.time_shift import shifted
from anhu.contract.clock import MINUTE_MS, SECOND_MS
from anhu.contract.priority import Priority

_POSITION = "sternum"
_STILL_G = (0.6, 1.5)
"""Beyond this the tag measures movement, not posture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Limits and persistence.

    Attributes
    ----------
    lying_deg : float
        The trunk tilts from the vertical by more than this: lying. [deg]
    upright_deg : float
        By less than this: sitting or standing. [deg]
    lay_s : float
        Lain for at least this long. [s]
    readings : int
        Upright in so many readings in a row: a radio tag gives some a second, or one in ten.
    from_h, until_h : float
        The night, local time. [h]
    """

    lying_deg: float = 65.0
    upright_deg: float = 45.0
    lay_s: float = 10.0
    readings: int = 2
    from_h: float = 20.0
    until_h: float = 8.0


class BedRise(Detector):
    """Medium, at once; over when lying again. For residents who must not rise alone (flag ``bed_watch``).

    The tag's axes are those of Torres Sanchez et al. (2013): front, up, side. Only tilt is used: how strongly which
    antenna hears a tag tells more, but of one room only. Sitting on the bed and sitting on a chair look alike.
    """

    name = "bed_rise"
    kinds = ("bed_exit",)
    reads = ("acceleration",)

    def __init__(self, params: Params, clock: LocalTime, *, wanted: bool) -> None:
        self._params = params
        self._clock = clock
        self._wanted = wanted
        self._lying_ms: int | None = None
        self._lay_ms = 0
        self._upright = 0
        self._on = False

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one; without the flag it says nothing."""
        params = with_limits(Params(), profile, "bed_rise")
        return cls(params, LocalTime.of(profile.time_zone), wanted="bed_watch" in profile.flags)

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take accelerations; return rises from lying."""
        if not self._wanted or window.position != _POSITION or window.values.shape[1] != 3:  # noqa: PLR2004 - axes
            return ()
        size = np.linalg.norm(window.values, axis=1)
        usable = (size > _STILL_G[0]) & (size < _STILL_G[1]) & ((window.quality & UNUSABLE) == 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            tilt = np.degrees(np.arccos(np.clip(window.values[:, 1] / size, -1.0, 1.0)))
        found: list[Finding] = []
        for t, deg in zip(window.t_ms[usable].tolist(), tilt[usable].tolist(), strict=True):
            found += self._take(window.device_id, t, deg)
        return tuple(found)

    def _take(self, device_id: str, t: int, deg: float) -> tuple[Finding, ...]:
        p = self._params
        if deg > p.lying_deg:
            self._upright = 0
            self._lying_ms = t if self._lying_ms is None else self._lying_ms
            self._lay_ms = t - self._lying_ms
            if self._on and self._lay_ms >= p.lay_s * SECOND_MS:
                self._on = False
                return (self._finding(Condition.GONE, device_id, t, deg),)
            return ()
        if deg >= p.upright_deg:
            self._upright = 0
            return ()
        self._upright += 1
        if self._upright < p.readings or self._lying_ms is None:
            return ()
        lay_ms, self._lying_ms = self._lay_ms, None
        night = within(self._clock.hour(t), p.from_h, p.until_h)
        if self._on or lay_ms < p.lay_s * SECOND_MS or not night:
            return ()
        self._on = True
        return (self._finding(Condition.PRESENT, device_id, t, deg),)

    def _finding(self, condition: Condition, device_id: str, t: int, deg: float) -> Finding:
        p = self._params
        evidence = Evidence(
            features={"tilt_deg": round(deg, 1), "lay_min": round(self._lay_ms / MINUTE_MS, 1)},
            limits={"tilt_deg": p.upright_deg},
            quantity="acceleration",
            device_id=device_id,
            start_ms=t - 30 * SECOND_MS,
            end_ms=t + 10 * SECOND_MS,
        )
        return Finding("bed_exit", condition, t, t, 1.0, Priority.MEDIUM, evidence)

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        return {"state": [self._lying_ms, self._lay_ms, self._upright, self._on]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._lying_ms, self._lay_ms, self._upright, self._on = state["state"]

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._lying_ms = shifted(self._lying_ms, by_ms)
