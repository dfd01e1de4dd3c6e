"""Days of ordinary life through the production engine: what would have been raised, how often a week."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from time import process_time

from alerts.accuracy.by_person import PersonCount, by_person
from alerts.accuracy.row import AccuracyRow, Chosen
from alerts.detectors import discover
from alerts.engine.engine import Engine
from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.watched_device import WatchedDevice
from alerts.finding import Condition
from alerts.rules.detector import Detector, Profile
from anhu.contract.clock import DAY_MS
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
        elif kind not in running:
            running.add(kind)
            yield one


class DayTally:
    """Alarms of several people on ordinary days, by rule and person.

    Parameters
    ----------
    dataset : str
        Folder of the recordings.
    names : sequence of str
        Rules; each gets its row, also when it was silent.
    chosen : Chosen, or mapping of rule to Chosen, optional
        On whom the rules' constants were chosen.
    """

    def __init__(self, dataset: str, names: Sequence[str], chosen: Chosen | Mapping[str, Chosen] | None = None) -> None:
        self._dataset = dataset
        self._names = names
        self._chosen = chosen if isinstance(chosen, Mapping) else dict.fromkeys(names, chosen)
        self._spent_s = dict.fromkeys(names, 0.0)
        self._messages = 0
        _registered()  # found now, so that the first rule is not charged with it
        self._counts: dict[str, dict[str, list[PersonCount]]] = {}
        self.alarms: list[tuple[str, ResidentFinding]] = []

    def person(self, groups: Sequence[str], readings: Iterable[Reading], profile: Profile) -> list[ResidentFinding]:
        """Run one person's days, rule by rule, so that each is counted by itself; the last group is the person."""
        history = list(readings)
        if not history:
            return []
        lived_ms = history[-1].received_at_ms - history[0].received_at_ms
        self._messages += len(history)
        everything: list[ResidentFinding] = []
        for name in self._names:
            began = process_time()
            found = found_in(history, [name], profile)
            self._spent_s[name] += process_time() - began
            raised = list(episodes(found))
            everything += raised
            self.alarms += [(groups[-1], one) for one in raised]
            for group in groups:
                counts = self._counts.setdefault(group, {}).setdefault(name, [])
                counts.append(PersonCount(groups[-1], len(raised), lived_ms / WEEK_MS))
        return everything

    def rows(self) -> Iterator[AccuracyRow]:
        """Yield alarms per person-week by group and rule, and what a message costs each rule by itself. [us]."""
        for group, by_rule in self._counts.items():
            for name, counts in by_rule.items():
                row = by_person(
                    self._dataset,
                    group,
                    name,
                    "alarms_per_person_week",
                    counts,
                    chosen=self._chosen.get(name),
                    cases=round(sum(one.amount for one in counts)),
                )
                if row is not None:
                    yield row
        for name in self._names if self._messages else ():
            cost = 1e6 * self._spent_s[name] / self._messages
            yield AccuracyRow(self._dataset, "all", name, "us_per_message", cost, self._messages)


def share(dataset: str, group: str, detector: str, metric: str, counts: Mapping[str, int]) -> Iterator[AccuracyRow]:
    """Yield a share of `hit` among `all`, if there are any."""
    if counts["all"]:
        yield AccuracyRow(dataset, group, detector, metric, counts["hit"] / counts["all"], counts["all"])
