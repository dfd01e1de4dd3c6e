"""The registered detectors, and what a fresh one would say: a resident whose values are normal needs none of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from alerts.detector import Detector, Profile, Scope

Range = tuple[float, float]
NEVER_QUIET: Range = (math.inf, -math.inf)
"""Every value is wanted."""
ALWAYS_QUIET: Range = (-math.inf, math.inf)


def quiet_range_of(detector: Detector, quantity: str) -> Range:
    """Return the range that a detector lets pass; one for a whole resident is always asked, or told."""
    if detector.scope is Scope.RESIDENT and not detector.noted:
        return NEVER_QUIET
    return detector.quiet_range(quantity) or NEVER_QUIET


class Prototypes:
    """Detector classes by name and by what they read.

    Parameters
    ----------
    detectors : sequence of Detector subclasses
        Names are unique.
    """

    def __init__(self, detectors: Sequence[type[Detector]]) -> None:
        self._classes = {detector.name: detector for detector in detectors}
        self._readers: dict[str, tuple[str, ...]] = {}
        for detector in detectors:
            for quantity in detector.reads:
                self._readers[quantity] = (*self._readers.get(quantity, ()), detector.name)
        self._quiet: dict[tuple[object, ...], Range] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._classes

    def __getitem__(self, name: str) -> type[Detector]:
        return self._classes[name]

    def readers(self, quantity: str) -> tuple[str, ...]:
        """Return the names of the detectors that read a quantity."""
        return self._readers.get(quantity, ())

    def fresh_quiet(self, name: str, profile: Profile, quantity: str) -> Range:
        """Return the range that a fresh detector would let pass."""
        limits = frozenset(profile.limits.items())
        key = (name, quantity, limits, profile.flags, profile.report_period_s, profile.only_alarm_device)
        found = self._quiet.get(key)
        if found is None:
            found = quiet_range_of(self._classes[name].for_profile(profile), quantity)
            self._quiet[key] = found
        return found
