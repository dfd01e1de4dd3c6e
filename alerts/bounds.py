"""From which value on a rule finds a number of this resident abnormal: for marks beside values, and lines on charts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import NamedTuple

from alerts.kinds import SHEETS
from alerts.rules.detector import Detector, Profile
from alerts.rules.threshold import ThresholdDetector
from anhu.contract.priority import Priority

_FOLDER = "detectors/"


class Bound(NamedTuple):
    """One limit of a rule, as it is for one resident.

    Attributes
    ----------
    above : bool
        Abnormal at or above it; otherwise at or below.
    priority : Priority
        How urgent an alert is that lasts there.
    value : float
        [the quantity's unit]
    """

    kind: str
    above: bool
    priority: Priority
    value: float

    def holds(self, value: float) -> bool:
        """Tell whether a value is on its wrong side."""
        return value >= self.value if self.above else value <= self.value


def bounds_of(quantity: str, *, limits: Mapping[str, float], flags: Iterable[str]) -> tuple[Bound, ...]:
    """Return the bounds of a quantity, the resident's own limits and flags in place.

    Parameters
    ----------
    limits : mapping
        The resident's own, by name (`alerts.limits`).
    flags : iterable of str
        As of `Profile`.
    """
    profile = Profile(limits=limits, flags=frozenset(flags))
    return tuple(
        Bound(rule.kind, rule.above, level.priority, level.limit)
        for detector in _with_limits()
        if quantity in detector.reads
        for rule in _made(detector, profile).rules.get(quantity, ())
        for level in rule.levels
    )


def _made(detector: type[Detector], profile: Profile) -> ThresholdDetector:
    made = detector.for_profile(profile)
    assert isinstance(made, ThresholdDetector)  # noqa: S101 - chosen so in `_with_limits`
    return made


@cache
def _with_limits() -> tuple[type[Detector], ...]:
    """Return the detectors that hold numbers against limits; those without limits, and their models, stay unloaded."""
    return tuple(_found())


def _found() -> Iterator[type[Detector]]:
    for path, sheet in sorted(SHEETS.items()):
        if not path.startswith(_FOLDER) or not sheet.limits:
            continue
        module = import_module(f"alerts.{path.replace('/', '.')}")
        for member in vars(module).values():
            ours = isinstance(member, type) and member.__module__ == module.__name__
            if ours and issubclass(member, ThresholdDetector):
                yield member
