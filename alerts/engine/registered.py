"""The registered detectors, and what a fresh one would say: a resident whose values are normal needs none of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from alerts.rules.detector import Detector, Profile, Scope

Range = tuple[float, float]
NEVER_QUIET: Range = (math.inf, -math.inf)
"""Every value is wanted."""
ALWAYS_QUIET: Range = (-math.inf, math.inf)


def quiet_range_of(detector: Detector, quantity: str) -> Range:
    """Return the range that a detector lets pass; one for a whole resident is always asked, or told."""
    if detector.scope is Scope.RESIDENT and not detector.noted:
        return NEVER_QUIET
    return detector.quiet_range(quantity) or NEVER_QUIET


class RegisteredDetectors:
    """Detector classes by name and by what they read.

    Parameters
    ----------
    detectors : sequence of Detector subclasses
        Names are unique.
    """

    def __init__(self, detectors: Sequence[type[Detector]]) -> None:
        self._classes = {detector.name: detector for detector in detectors}
        self._readers: dict[str, tuple[str, ...]] = {}
        self._fresh: dict[tuple[object, ...], tuple[tuple[str, Range | None], ...]] = {}
        self._find_readers()

    def _find_readers(self) -> None:
        self._readers.clear()
        self._fresh.clear()
        for detector in self._classes.values():
            for quantity in detector.reads:
                self._readers[quantity] = (*self._readers.get(quantity, ()), detector.name)

    def replace(self, detector: type[Detector]) -> None:
        """Take a version of a detector in place of the one that there is."""
        self._classes[detector.name] = detector
        self._find_readers()

    @property
    def versions(self) -> dict[str, int]:
        """Return which version there is of each."""
        return {name: detector.version for name, detector in self._classes.items()}

    def __contains__(self, name: str) -> bool:
        return name in self._classes

    def __getitem__(self, name: str) -> type[Detector]:
        return self._classes[name]

    def readers(self, quantity: str) -> tuple[str, ...]:
        """Return the names of the detectors that read a quantity."""
        return self._readers.get(quantity, ())

    def fresh(self, quantity: str, profile: Profile) -> tuple[tuple[str, Range | None], ...]:
        """Return the name of each detector that reads a quantity, and the range that a fresh one would let pass.

        None stands for one that must know of every number (`Detector.noted`): it has to be there, fresh or not.
        """
        limits = frozenset(profile.limits.items())
        key = (quantity, limits, profile.flags, profile.report_period_s, profile.only_alarm_device)
        found = self._fresh.get(key)
        if found is None:
            found = tuple((name, self._fresh_range(name, profile, quantity)) for name in self.readers(quantity))
            self._fresh[key] = found
        return found

    def _fresh_range(self, name: str, profile: Profile, quantity: str) -> Range | None:
        detector = self._classes[name]
        return None if detector.noted else quiet_range_of(detector.for_profile(profile), quantity)
