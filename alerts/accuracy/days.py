"""Days of ordinary life through the production engine: what would have been raised, how often a week."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from time import process_time

from alerts.accuracy.by_person import PersonCount, by_person
from alerts.accuracy.development import Development
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
        elif kind not in running and one.finding.condition is Condition.PRESENT:
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

    Notes
    -----
    Each person is told among those whose constants were chosen on the same grounds (`Development.claim`): whoever was
    developed on never makes the figure of the others better.
    """

    def __init__(self, dataset: str, names: Sequence[str]) -> None:
        self._dataset = dataset
        self._names = names
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
                yield from counted(self._dataset, group, name, "alarms_per_person_week", counts, of_amount=True)
        for name in self._names if self._messages else ():
            cost = 1e6 * self._spent_s[name] / self._messages
            yield AccuracyRow(self._dataset, "all", name, "us_per_message", cost, self._messages)


def counted(
    dataset: str,
    group: str,
    detector: str,
    metric: str,
    counts: Iterable[PersonCount],
    *,
    of_amount: bool = False,
    model: str = "",
    whole_set: bool = False,
) -> Iterator[AccuracyRow]:
    """Yield a row for each way in which the constants were chosen on the people: who was developed on stands apart.

    Parameters
    ----------
    of_amount : bool
        The value rests on the alarms, not on the weeks.
    model : str
        Which stored model judged everybody; empty for each by the one that never saw the person.
    whole_set : bool
        The models that judged saw nobody of the set; matters where some did.
    """
    development = Development.read()
    by_claim: dict[Chosen | None, list[PersonCount]] = {}
    for one in counts:
        chosen = development.claim_judged(detector, dataset, one.person, whole_set=whole_set)
        by_claim.setdefault(chosen, []).append(one)
    for chosen, several in by_claim.items():
        cases = round(sum(one.amount for one in several)) if of_amount else None
        row = by_person(dataset, group, detector, metric, several, chosen=chosen, cases=cases, model=model)
        if row is not None:
            yield row
