"""Service figures of whom the asker may see: of months that are over as they are kept, of the present one as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.engine.watched_people import Whose
from alerts.service_figures.cell import COUNTED, Counts, Key, from_rows, together
from alerts.service_figures.freezing import newest_revisions
from alerts.service_figures.interval import wilson
from alerts.service_figures.months import month_of, span_of
from alerts.service_figures.reading import cells_of
from alerts.service_figures.tables import ServiceMonth
from alerts.service_figures.watching import hours_of, weeks_of
from anhu.contract.errors import FieldError
from anhu.contract.priority import Priority
from anhu.registry.database import reading
from anhu.registry.tables import Centre, Team
from api.dependencies import Dependencies
from api.schemas.alerts import PRIORITY_WORDS
from api.schemas.figures import FiguresView, FigureView
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_alerts, visible_figures
from api.visit import visit_many

AXES = ("centre_id", "team_id", "kind", "model", "firmware", "detector", "version", "priority")
"""By what alarms may be grouped."""
_MONTHS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which figures; what is empty does not filter.

    Attributes
    ----------
    month : str
        Empty: the present one.
    by : tuple of str
        Of `AXES`.
    """

    month: str = ""
    by: Sequence[str] = ("kind",)
    centre_id: str = ""
    team_id: str = ""
    kind: str = ""
    model: str | None = None
    min_priority: Priority = Priority.MEDIUM

    @property
    def narrowed_to(self) -> dict[str, str]:
        """Return what is filtered by: a team, a rule and a model may come down to one person."""
        chosen = {"centre_id": self.centre_id, "team_id": self.team_id, "kind": self.kind, "model": self.model}
        return {name: value for name, value in chosen.items() if value}

    def has(self, key: Key) -> bool:
        """Tell whether a cell is wanted."""
        chosen = (("centre_id", self.centre_id), ("team_id", self.team_id), ("kind", self.kind))
        same = all(not wanted or getattr(key, name) == wanted for name, wanted in chosen)
        return same and (self.model is None or key.model == self.model) and key.priority >= self.min_priority


def figures(deps: Dependencies, viewer: Viewer, wanted: Wanted) -> FiguresView:
    """Return the figures of a month. Raises `FieldError` for what is no month, or nothing to group by."""
    require(viewer, Permission.READ_PLATFORM)
    if unknown := [name for name in wanted.by if name not in AXES]:
        raise FieldError("by", unknown[0], "of " + ", ".join(AXES))
    zone = ZoneInfo(deps.time_zone)
    present = month_of(deps.clock.now_ms(), zone)
    month = wanted.month or present
    since_ms, until_ms = span_of(month, zone)
    with visit_many(deps, viewer, "figures.read", permission=Permission.READ_PLATFORM) as visit:
        visit.detail |= {"month": month, "by": list(wanted.by)} | wanted.narrowed_to
        kept = newest_revisions(visit.session, month)
        if kept:
            cells = _kept(kept, viewer)
        else:
            cells = cells_of(visit.session, since_ms=since_ms, until_ms=until_ms, alerts=visible_alerts(viewer))
        months = _months(visit.session, present)
        hours = hours_of(visit.session, month, visible_figures(viewer))
    chosen = {key: counts for key, counts in cells.items() if wanted.has(key)}
    return FiguresView(
        month=month,
        frozen=bool(kept),
        revision=max((row.revision for row in kept), default=0),
        made_at_ms=max((row.made_at_ms for row in kept), default=None),
        months=months,
        sum=_view(sum(chosen.values(), Counts()), {}, None),
        groups=_groups(chosen, wanted, hours),
    )


def _kept(rows: Sequence[ServiceMonth], viewer: Viewer) -> dict[Key, Counts]:
    may_see = visible_figures(viewer)
    every = (cell for row in rows for cell in from_rows(row.cells).items())
    return {key: counts for key, counts in every if may_see(key.centre_id, key.team_id)}


def _months(session: Session, present: str) -> list[str]:
    query = select(ServiceMonth.month).distinct().order_by(ServiceMonth.month.desc()).limit(_MONTHS)
    return [present, *(month for month in session.scalars(query) if month != present)]


def _groups(cells: Mapping[Key, Counts], wanted: Wanted, hours: Mapping[Whose, Mapping[str, int]]) -> list[FigureView]:
    sums = together(cells, wanted.by)
    deciders: dict[tuple[str | int, ...], set[tuple[str, int]]] = {}
    for key in cells:
        group = tuple(getattr(key, name) for name in wanted.by)
        deciders.setdefault(group, set()).add((key.detector, key.version))
    order = sorted(sums, key=lambda part: (-sums[part].alarms, part))
    views = []
    for one in order:
        part = dict(zip(wanted.by, one, strict=True))
        weeks = None if "priority" in part else weeks_of(hours, wanted.narrowed_to | part, deciders[one])
        views.append(_view(sums[one], part, weeks))
    return views


def _view(counts: Counts, part: Mapping[str, str | int], weeks: float | None) -> FigureView:
    named = {name: str(value or "") for name, value in part.items() if name != "priority"}
    if "priority" in part:
        named["priority"] = PRIORITY_WORDS[Priority(int(part["priority"]))]
    numbers = {name: getattr(counts, name) for name in COUNTED}
    within = {"half_within_s": counts.answered_within(0.5), "most_within_s": counts.answered_within(0.95)}
    share = wilson(counts.true, counts.judged)
    true = dict(zip(("true_share", "true_low", "true_high"), share or (None, None, None), strict=True))
    watched = {"watched_weeks": weeks, "per_week": counts.alarms / weeks if weeks else None}
    return FigureView.model_validate(named | numbers | within | true | watched)


def names_of(deps: Dependencies, viewer: Viewer) -> dict[tuple[str, str], str]:
    """Return (axis, identity) -> name of centres and teams: everybody's messages name them."""
    require(viewer, Permission.READ_PLATFORM)
    with reading(deps.sessions)() as session:
        centres = {("centre_id", id_): name for id_, name in session.execute(select(Centre.id, Centre.name))}
        teams = {("team_id", id_): name for id_, name in session.execute(select(Team.id, Team.name))}
    return centres | teams
