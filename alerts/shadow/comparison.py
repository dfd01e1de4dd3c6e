"""The deciding version and the one in its shadow, side by side, over the time in which both saw the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from alerts.episodes.lifecycle import Outcome
from alerts.episodes.returning import SAME_EPISODE_MS
from alerts.kinds import kinds_of_episode
from alerts.shadow.choices import Choice
from alerts.shadow.tables import ShadowEpisode, ShadowRun
from alerts.tables import Alert

MOST = 5_000
"""Episodes of each that are compared, the newest of them."""
_WEEK_H = 7 * 24
_PRACTICE = frozenset({Outcome.TEST, Outcome.DRILL})


class Example(NamedTuple):
    """One episode.

    Attributes
    ----------
    alert_id : str
        Empty: only the shadow found it.
    outcome : str
        What the desk said of it; empty: nothing yet, or there is no alert.
    """

    resident_id: str
    kind: str
    at_ms: int
    alert_id: str = ""
    outcome: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What both, only the deciding, and only the one in the shadow found, the newest first."""

    both: Sequence[Example] = ()
    only_old: Sequence[Example] = ()
    only_new: Sequence[Example] = ()
    is_cut: bool = False
    """There was more than is compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fare:
    """How the version in the shadow fares, in all engines together.

    Attributes
    ----------
    engines : int
        How many of them have begun; 0: none has followed yet.
    seen_ms : int
        When the last of them said so. [ms]
    why_off : str
        Empty while it runs everywhere.
    counts : mapping
        As of `ShadowRun.counts`.
    """

    engines: int = 0
    seen_ms: int = 0
    why_off: str = ""
    counts: Mapping[str, float] = field(default_factory=dict)

    @property
    def person_weeks(self) -> float:
        """For how long people were watched by both. [weeks]."""
        return self.counts.get("person_hours", 0) / _WEEK_H


def fare_of(session: Session, name: str, choice: Choice) -> Fare:
    """Return how the chosen version fares."""
    where = (ShadowRun.name == name, ShadowRun.version == choice.shadow, ShadowRun.since_ms == choice.since_ms)
    rows = session.scalars(select(ShadowRun).where(*where)).all()
    counts: dict[str, float] = defaultdict(float)
    for row in rows:
        for what, number in row.counts.items():
            counts[what] += number
    why = next((row.why_off for row in rows if row.why_off), "")
    return Fare(engines=len(rows), seen_ms=max((row.seen_ms for row in rows), default=0), why_off=why, counts=counts)


def compare(
    session: Session, name: str, choice: Choice, *, alerts: ColumnElement[bool], residents: ColumnElement[bool]
) -> Comparison:
    """Hold what both found against each other, of whom the asker may see.

    An alert and an episode are of the same event where they are of one resident and kind and overlap, or less than ten
    minutes lie between them: as close as two findings must be to be one alert. Drills and tests are left out.

    Parameters
    ----------
    alerts, residents : SQL conditions
        On `Alert` rows, and on `ShadowEpisode` rows.
    """
    raised = session.scalars(
        select(Alert)
        .where(Alert.detector == name, Alert.started_at_ms >= choice.since_ms, Alert.merged_into == "", alerts)
        .order_by(Alert.started_at_ms.desc())
        .limit(MOST)
    ).all()
    ours = (ShadowEpisode.name == name, ShadowEpisode.version == choice.shadow)
    found = session.scalars(
        select(ShadowEpisode)
        .where(*ours, ShadowEpisode.started_at_ms >= choice.since_ms, residents)
        .order_by(ShadowEpisode.started_at_ms.desc())
        .limit(MOST)
    ).all()
    matched, seen = _matched(raised, found)
    told = [(alert, _example(alert)) for alert in raised if alert.outcome not in _PRACTICE]
    return Comparison(
        both=[example for alert, example in told if alert.id in matched],
        only_old=[example for alert, example in told if alert.id not in matched],
        only_new=[Example(row.resident_id, row.kind, row.started_at_ms) for row in found if row.id not in seen],
        is_cut=MOST in {len(raised), len(found)},
    )


def _matched(raised: Sequence[Alert], found: Sequence[ShadowEpisode]) -> tuple[set[str], set[int]]:
    by_resident: dict[str, list[ShadowEpisode]] = defaultdict(list)
    for row in found:
        by_resident[row.resident_id].append(row)
    matched, seen = set(), set()
    for alert in raised:
        for row in by_resident.get(alert.resident_id, ()):
            if _is_one_event(alert, row):
                matched.add(alert.id)
                seen.add(row.id)
    return matched, seen


def _is_one_event(alert: Alert, row: ShadowEpisode) -> bool:
    if row.kind not in kinds_of_episode(alert.kind):
        return False
    has_ended = row.ended_at_ms is not None
    ends_ms = max(row.last_at_ms, row.ended_at_ms or 0) + SAME_EPISODE_MS
    begins_before = not has_ended or alert.started_at_ms <= ends_ms
    return begins_before and row.started_at_ms <= alert.last_at_ms + SAME_EPISODE_MS


def _example(alert: Alert) -> Example:
    return Example(alert.resident_id, alert.kind, alert.started_at_ms, alert.id, alert.outcome)
