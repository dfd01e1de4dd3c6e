"""Days of ordinary life through the production engine: what would have been raised, how often a week."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from time import perf_counter

from alerts.accuracy.row import AccuracyRow
from alerts.detectors import discover
from alerts.engine.engine import Engine
from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.watched_device import WatchedDevice
from alerts.finding import Condition
from alerts.rules.detector import Detector, Profile
from anhu.contract.clock import DAY_MS, MINUTE_MS
from anhu.contract.priority import Priority
from anhu.contract.record import Reading

WEEK_MS = 7 * DAY_MS
RESIDENT = "resident"
DEVICE = "device"


@cache
def _registered() -> tuple[type[Detector], ...]:
    return discover()


def engine_of(names: Sequence[str], profile: Profile, start_ms: int) -> Engine:
    """Return an engine with these detectors and one device of one resident. [ms]."""
    engine = Engine([detector for detector in _registered() if detector.name in names])
    engine.update_roster([WatchedDevice(DEVICE, RESIDENT, profile, enrolled_at_ms=start_ms)])
    return engine


def found_in(readings: Iterable[Reading], names: Sequence[str], profile: Profile) -> list[ResidentFinding]:
    """Return what these detectors say to readings, in the order received."""
    found: list[ResidentFinding] = []
    engine: Engine | None = None
    for reading in readings:
        engine = engine or engine_of(names, profile, reading.received_at_ms)
        found += engine.feed(reading)
    return found


def episodes(found: Iterable[ResidentFinding]) -> Iterator[ResidentFinding]:
    """Yield the first finding of each episode: what is said again, or worse, while it lasts is the same alert."""
    running: set[str] = set()
    for one in found:
        kind = one.finding.kind
        if one.finding.condition is Condition.GONE:
            running.discard(kind)
        elif kind not in running and one.finding.condition is Condition.PRESENT:
            running.add(kind)
            yield one


class DayTally:
    """Counts of several people, by rule.

    Parameters
    ----------
    dataset : str
        Folder of the recordings.
    names : sequence of str
        Rules; each gets its row, also when it was silent.
    """

    def __init__(self, dataset: str, names: Sequence[str]) -> None:
        self._dataset = dataset
        self._names = names
        self._spent_s = 0.0
        self._lasted_ms: Counter[str] = Counter()
        self._counts: dict[str, Counter[str]] = {}
        self.alarms: list[tuple[str, ResidentFinding]] = []

    def person(self, groups: Sequence[str], readings: Iterable[Reading], profile: Profile) -> list[ResidentFinding]:
        """Run one person's days, rule by rule, so that each is counted by itself."""
        history = list(readings)
        if not history:
            return []
        lasted = history[-1].received_at_ms - history[0].received_at_ms
        everything: list[ResidentFinding] = []
        for group in groups:
            self._lasted_ms[group] += lasted
        for name in self._names:
            began = perf_counter()
            found = found_in(history, [name], profile)
            self._spent_s += perf_counter() - began
            raised = list(episodes(found))
            everything += raised
            self.alarms += [(groups[-1], one) for one in raised]
            for group in groups:
                counts = self._counts.setdefault(group, Counter())
                counts[name] += len(raised)
                counts[f"{name} paging"] += sum(one.finding.priority >= Priority.MEDIUM for one in raised)
        return everything

    def rows(self) -> Iterator[AccuracyRow]:
        """Yield alarms per person-week by rule and group, and what it cost."""
        for group, lasted in self._lasted_ms.items():
            for name in self._names:
                n = self._counts[group][name]
                yield AccuracyRow(self._dataset, group, name, "alarms_per_person_week", n * WEEK_MS / max(lasted, 1), n)
        minutes = self._lasted_ms.get("all", 0) / MINUTE_MS
        if minutes:
            cost = 1e6 * self._spent_s / minutes
            yield AccuracyRow(
                self._dataset, "all", "+".join(self._names), "us_per_resident_minute", cost, round(minutes)
            )


def share(dataset: str, group: str, detector: str, metric: str, counts: Mapping[str, int]) -> Iterator[AccuracyRow]:
    """Yield a share of `hit` among `all`, if there are any."""
    if counts["all"]:
        yield AccuracyRow(dataset, group, detector, metric, counts["hit"] / counts["all"], counts["all"])
