"""Versions of detectors: which decides, which runs in its shadow, what both found; and a person's choice of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.service_figures.cell import Counts, together
from alerts.service_figures.interval import Share, wilson
from alerts.service_figures.months import month_of, span_of
from alerts.service_figures.reading import cells_of
from alerts.service_figures.watching import hours_of, weeks_of
from alerts.shadow import choices
from alerts.shadow.choices import ChangedMeanwhileError, Choice
from alerts.shadow.comparison import Comparison, Example, Fare, compare, fare_of
from alerts.shadow.tables import ShadowEpisode
from alerts.versions import VersionFacts, known_versions
from anhu.contract.errors import FieldError
from anhu.registry.tables import Audit, Resident, User
from api.dependencies import Dependencies
from api.errors import ConflictError, NotFoundError
from api.security.audit import record
from api.security.roles import Permission, Viewer, require
from api.security.visibility import sees_resident, visible_alerts, visible_figures
from api.visit import Visit, visit_many

MOST_EXAMPLES = 10
_MOST_CHANGES = 20
_LONGEST_WHY = 300
_Step = Callable[[Session, str, Choice, int], Choice]
_STEPS: Mapping[str, _Step] = {
    "stop": choices.stop_beside,
    "switch": choices.switch,
    "back": choices.go_back,
}
STEPS = ("shadow", *_STEPS)


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorLine:
    """One detector in the list.

    Attributes
    ----------
    alarms : int
        Of this month, of whom the viewer may see.
    per_week : float or None
        Alarms a person-week; None where nobody counted.
    true : Share or None
        Of those judged.
    """

    name: str
    versions: Sequence[VersionFacts]
    choice: Choice
    why_off: str
    alarms: int
    per_week: float | None
    true: Share | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """An example with who it is."""

    name: str
    example: Example


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What somebody chose, and why."""

    at_ms: int
    user: str
    step: str
    why: str
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SideBySide:
    """One detector with both versions.

    Attributes
    ----------
    person_weeks : float or None
        Watched by both; None for whoever sees a part of the residents only, because it is counted for all.
    judged : mapping
        Which part -> what the desk said of it.
    """

    line: DetectorLine
    fare: Fare
    found: Comparison
    person_weeks: float | None
    judged: Mapping[str, Counts]
    examples: Mapping[str, Sequence[Named]]
    changes: Sequence[Change]


def list_detectors(deps: Dependencies, viewer: Viewer) -> Sequence[DetectorLine]:
    """Return every detector with the figures of this month, of whom the viewer may see."""
    with visit_many(deps, viewer, "detectors.read", permission=Permission.MANAGE_PEOPLE) as visit:
        return _lines(deps, visit)


def _lines(deps: Dependencies, visit: Visit) -> Sequence[DetectorLine]:
    month = month_of(visit.now_ms, zone := ZoneInfo(deps.time_zone))
    since_ms, until_ms = span_of(month, zone)
    session, viewer = visit.session, visit.viewer
    cells = cells_of(session, since_ms=since_ms, until_ms=until_ms, alerts=visible_alerts(viewer))
    counted = {str(part[0]): counts for part, counts in together(cells, ("detector",)).items()}
    hours = hours_of(session, month, visible_figures(viewer))
    chosen = choices.choices(session)
    lines = []
    for name, versions in known_versions().items():
        counts = counted.get(name, Counts())
        weeks = weeks_of(hours, {}, {(name, one.version) for one in versions})
        choice = chosen.get(name, Choice(versions[0].version))
        lines.append(
            DetectorLine(
                name=name,
                versions=versions,
                choice=choice,
                why_off=fare_of(session, name, choice).why_off if choice.shadow else "",
                alarms=counts.alarms,
                per_week=counts.alarms / weeks if weeks else None,
                true=wilson(counts.true, counts.judged),
            )
        )
    return lines


def side_by_side(deps: Dependencies, viewer: Viewer, name: str) -> SideBySide:
    """Return both versions of one detector. Raises `NotFoundError` for a name that is none."""
    if name not in known_versions():
        raise NotFoundError(f"no detector {name!r}")
    with visit_many(deps, viewer, "detectors.compare", permission=Permission.MANAGE_PEOPLE) as visit:
        session = visit.session
        line = next(one for one in _lines(deps, visit) if one.name == name)
        of_ours = sees_resident(viewer, ShadowEpisode.resident_id)
        found, fare = Comparison(), Fare()
        if line.choice.shadow:
            found = compare(session, name, line.choice, alerts=visible_alerts(viewer), residents=of_ours)
            fare = fare_of(session, name, line.choice)
        parts = {"both": found.both, "only_old": found.only_old, "only_new": found.only_new}
        examples = {part: _named(session, rows[:MOST_EXAMPLES]) for part, rows in parts.items()}
        shown = {one.example.resident_id for rows in examples.values() for one in rows}
        visit.detail |= {"detector": name, "residents": sorted(shown)}
        changes = _changes(session, name)
    whole = viewer.may(Permission.ADMINISTER)
    return SideBySide(
        line=line,
        fare=fare,
        found=found,
        person_weeks=fare.person_weeks if whole and fare.person_weeks else None,
        judged={part: _judged(rows) for part, rows in parts.items()},
        examples=examples,
        changes=changes,
    )


def _judged(rows: Sequence[Example]) -> Counts:
    said = [row.outcome for row in rows]
    return Counts(
        alarms=len(rows), true=said.count("true"), false=said.count("false"), device_fault=said.count("device_fault")
    )


def _named(session: Session, rows: Sequence[Example]) -> Sequence[Named]:
    wanted = select(Resident.id, Resident.name).where(Resident.id.in_({row.resident_id for row in rows}))
    names = {row.id: row.name for row in session.execute(wanted)}
    return [Named(name=names.get(row.resident_id, row.resident_id), example=row) for row in rows]


def _changes(session: Session, name: str) -> Sequence[Change]:
    query = (
        select(Audit, User.name)
        .outerjoin(User, User.id == Audit.user_id)
        .where(Audit.action.in_([f"detector.{step}" for step in STEPS]), Audit.object_id == name)
        .order_by(Audit.id.desc())
        .limit(_MOST_CHANGES)
    )
    return [
        Change(
            at_ms=row.at_ms,
            user=user or row.user_id,
            step=row.action.partition(".")[2],
            why=str(row.detail.get("why", "")),
            before=int(row.detail.get("before", 0)),
            after=int(row.detail.get("after", 0)),
        )
        for row, user in session.execute(query)
    ]


def choose(deps: Dependencies, viewer: Viewer, name: str, step: str, *, why: str, revision: int, version: int) -> None:
    """Let a version run in the shadow, let it go, let it decide, or take that back; who and why is kept.

    Parameters
    ----------
    step : str
        One of `STEPS`.
    why : str
        In a person's words.
    revision : int
        Of the choice that the person saw.
    version : int
        Which is to run in the shadow; of the other steps it is known.

    Raises
    ------
    ForbiddenError, NotFoundError, FieldError
        If the viewer may not, there is no such detector or version, or no reason.
    ConflictError
        If somebody else chose first.
    """
    require(viewer, Permission.ADMINISTER)
    versions = known_versions().get(name)
    if versions is None:
        raise NotFoundError(f"no detector {name!r}")
    if step not in STEPS:
        raise FieldError("step", step, "of " + ", ".join(STEPS))
    if not 0 < len(why) <= _LONGEST_WHY:
        raise FieldError(
            "why", why, f"a reason of at most {_LONGEST_WHY} characters", zh=f"原因，不超过 {_LONGEST_WHY} 字"
        )
    if step == "shadow" and version not in {one.version for one in versions}:
        raise FieldError("version", version, "a version of the detector", zh="该检测器的一个版本")
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        before = choices.choices(session).get(name, Choice(versions[0].version))
        try:
            seen = before._replace(revision=revision)
            if step == "shadow":
                after = choices.run_beside(session, name, seen, version, now_ms)
            else:
                after = _STEPS[step](session, name, seen, now_ms)
        except ChangedMeanwhileError as error:
            raise ConflictError(str(error), zh="其他人刚刚更改过，请刷新后再试") from error
        detail = {"why": why, "before": before.live, "after": after.live, "shadow": after.shadow}
        record(session, viewer, f"detector.{step}", now_ms=now_ms, object_id=name, detail=detail)
