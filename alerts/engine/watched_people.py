"""Who is watched by which detector just now: people whose device spoke, and has said what the detector reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from alerts.engine.detector_versions import DetectorVersions
from alerts.engine.device_state import DeviceState
from alerts.rules.decided_by import name_of
from alerts.rules.detector import HEARD, Detector

Said = frozenset[str]
"""Quantities that a person's devices have said."""


class Whose(NamedTuple):
    """Of whom people are counted; model and firmware are empty for all devices together."""

    centre_id: str
    team_id: str
    model: str = ""
    firmware: str = ""

    @property
    def is_of_all_devices(self) -> bool:
        """Whether each person is in it once, whatever the devices."""
        return not (self.model or self.firmware)


class WatchedPeople:
    """Counts, a part at a time: at 100,000 residents the whole takes a second.

    Parameters
    ----------
    versions : DetectorVersions
        Of the engine.
    since_ms : int
        Who spoke after this is watched. [ms]
    """

    def __init__(self, versions: DetectorVersions, since_ms: int) -> None:
        self._since_ms = since_ms
        self._to_come: Iterator[Sequence[DeviceState]] = iter(versions.states_by_resident().values())
        self._people: dict[Whose, Counter[Said]] = {}
        self.is_complete = False

    def go_on(self, most: int) -> None:
        """Count so many more residents."""
        part = list(islice(self._to_come, most))
        for devices in part:
            self._count([one for one in devices if one.heard_ms > self._since_ms])
        self.is_complete = len(part) < most

    def _count(self, devices: Sequence[DeviceState]) -> None:
        all_said: set[str] = set()
        by_kind: dict[Whose, set[str]] = {}
        for state in devices:
            device = state.device
            said = {HEARD, *state.known_quiet, *state.last_ms, *state.waves_end_ms}
            all_said |= said
            if device.model or device.firmware:
                whose = Whose(device.centre_id, device.team_id, device.model, device.firmware)
                by_kind.setdefault(whose, set()).update(said)
        if devices:
            first = devices[0].device
            by_kind[Whose(first.centre_id, first.team_id)] = all_said
        for whose, quantities in by_kind.items():
            self._people.setdefault(whose, Counter())[frozenset(quantities)] += 1

    def by_detector(self, detectors: Sequence[type[Detector]]) -> Mapping[Whose, Mapping[str, int]]:
        """Return for each group how many people each version of a detector watches, as evidence names it."""
        reads = [(name_of(one), frozenset(one.reads)) for one in detectors]
        found: dict[Whose, Counter[str]] = {}
        for whose, groups in self._people.items():
            counts = found[whose] = Counter()
            for said, people in groups.items():
                for name, wanted in reads:
                    if not wanted.isdisjoint(said):
                        counts[name] += people
        return found
