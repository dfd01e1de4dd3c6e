"""For how long people were watched: added up by the engines, asked by the figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.engine.watched_people import Whose
from alerts.service_figures.tables import WatchedTime

WEEK_H = 7 * 24


def add_hour(session: Session, consumer: str, month: str, watched: Mapping[Whose, Mapping[str, int]]) -> None:
    """Add an hour of everybody who was watched in it; each engine writes rows of its own."""
    rows = {
        Whose(row.centre_id, row.team_id, row.model, row.firmware): row
        for row in session.scalars(
            select(WatchedTime).where(WatchedTime.consumer == consumer, WatchedTime.month == month)
        )
    }
    for whose, people in watched.items():
        row = rows.get(whose)
        if row is None:
            session.add(WatchedTime(consumer=consumer, month=month, **whose._asdict(), hours=dict(people)))
        else:
            row.hours = dict(Counter(row.hours) + Counter(people))
    session.flush()


def hours_of(session: Session, month: str, may_see: Callable[[str, str], bool]) -> Mapping[Whose, Mapping[str, int]]:
    """Return person hours of a month, by group and by version of a detector, of what somebody may see. [h]."""
    found: dict[Whose, Counter[str]] = {}
    for row in session.scalars(select(WatchedTime).where(WatchedTime.month == month)):
        if may_see(row.centre_id, row.team_id):
            whose = Whose(row.centre_id, row.team_id, row.model, row.firmware)
            found.setdefault(whose, Counter()).update(row.hours)
    return found


def weeks_of(
    hours: Mapping[Whose, Mapping[str, int]], part: Mapping[str, str | int], decided_by: Collection[tuple[str, int]]
) -> float | None:
    """Return for how long people were watched by those who raised a group of alarms. [weeks].

    Parameters
    ----------
    hours : mapping
        Of `hours_of`.
    part : mapping
        What the alarms of the group have in common (`alerts.service_figures.cell.Key`).
    decided_by : collection of (str, int)
        Detector and version of the alarms. Of several detectors it is the one that watched longest.

    Returns
    -------
    float or None
        None where nobody counted.
    """
    named = {name: str(part[name]) for name in ("centre_id", "team_id", "model", "firmware") if name in part}
    of_devices = bool(named.keys() & {"model", "firmware"})
    wanted = [
        people
        for whose, people in hours.items()
        if whose.is_of_all_devices != of_devices and all(getattr(whose, name) == value for name, value in named.items())
    ]
    by_detector: Counter[str] = Counter()
    for people in wanted:
        for decided, number in people.items():
            name, _, version = decided.rpartition(" ")
            if (name, int(version)) in decided_by or ("version" not in part and name in {one for one, _ in decided_by}):
                by_detector[name] += number
    longest = max(by_detector.values(), default=0)
    return longest / WEEK_H if longest else None
