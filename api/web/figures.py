"""The service figures as a page: how fast calls were answered, month by month, down to a rule and a device model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from anhu.contract.clock import MINUTE_MS, SECOND_MS
from anhu.contract.priority import Priority
from api.context import CurrentViewer
from api.schemas.figures import FiguresView, FigureView
from api.services.figures import AXES, Wanted, figures, names_of
from api.web.site import Site
from api.web.wording import Wording

_TARGETS = {"within_60_s": 97.5, "within_180_s": 99.0, "within_45_min": 90.0}
"""Practice of telecare centres, see `alerts.service_figures.cell`. [%]"""
_FEW = 20
_MINUTE_S = MINUTE_MS // SECOND_MS
Text = Annotated[str, Query(max_length=64)]


@dataclass(frozen=True, slots=True)
class Share:
    """A share as it is shown.

    Attributes
    ----------
    text : str
        In percent; a dash for a share of nothing.
    missed : bool
        Below its target.
    few : bool
        Of so few that it says little.
    """

    text: str
    missed: bool
    few: bool


@dataclass(frozen=True, slots=True)
class FigureLine:
    """A group as the template draws it."""

    name: str
    link: str
    view: FigureView
    shares: dict[str, Share]
    half: str
    most: str
    true: str
    """Share of true alarms with its interval."""
    per_week: str
    """Alarms a person-week; a dash where nobody counted for how long people were watched."""


@dataclass(frozen=True, slots=True)
class FiguresPage:
    """What the template draws."""

    view: FiguresView
    by: str
    filters: dict[str, str]
    chosen: list[tuple[str, str, str]]
    total: FigureLine
    lines: list[FigureLine]
    targets: dict[str, str]


def interval(view: FigureView) -> str:
    """Return the share of true alarms with its 95 % interval; a dash for a share of nothing."""
    if view.true_share is None or view.true_low is None or view.true_high is None:
        return "–"
    return f"{100 * view.true_share:.0f} % ({100 * view.true_low:.0f}–{100 * view.true_high:.0f})"


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the page."""

    @pages.get("/figures")
    def show_figures(
        request: Request,
        viewer: CurrentViewer,
        *,
        month: Text = "",
        by: Text = "kind",
        centre_id: Text = "",
        team_id: Text = "",
        kind: Text = "",
        priority: Text = "",
    ) -> Response:
        wording = site.wording(request)
        axis = by if by in AXES else "kind"
        filters = {"centre_id": centre_id, "team_id": team_id, "kind": kind}
        level = Priority.HIGH if priority == "high" else Priority.MEDIUM
        view = figures(site.deps, viewer, Wanted(month=month, by=(axis,), min_priority=level, **filters))
        names = names_of(site.deps, viewer)
        page = _Drawn(
            wording, view=view, by=axis, filters={k: v for k, v in filters.items() if v}, level=priority, names=names
        ).page()
        return site.page(request, "figures.html", figures=page, axes=AXES, level=priority)


class _Drawn:
    """Puts the figures into words and links."""

    def __init__(
        self,
        wording: Wording,
        *,
        view: FiguresView,
        by: str,
        filters: dict[str, str],
        level: str,
        names: dict[tuple[str, str], str],
    ) -> None:
        self._w = wording
        self._view = view
        self._by = by
        self._filters = filters
        self._level = level
        self._names = names

    def page(self) -> FiguresPage:
        """Return the page."""
        return FiguresPage(
            view=self._view,
            by=self._by,
            filters=self._filters,
            chosen=[(axis, self._name(axis, value), self._without(axis)) for axis, value in self._filters.items()],
            total=self._line(self._view.sum, self._w.t("figures.all"), ""),
            lines=[self._of_group(group) for group in self._view.groups],
            targets={name: f"{target:g} %" for name, target in _TARGETS.items()},
        )

    def _of_group(self, group: FigureView) -> FigureLine:
        value = str(getattr(group, self._by))
        deeper = {"centre_id": "team_id", "team_id": "kind", "kind": "model"}.get(self._by)
        link = self._link(by=deeper, **{self._by: value}) if deeper and value else ""
        return self._line(group, self._name(self._by, value), link)

    def _line(self, view: FigureView, name: str, link: str) -> FigureLine:
        shares = {
            "within_60_s": self._share("within_60_s", view.within_60_s, view.alarms),
            "within_180_s": self._share("within_180_s", view.within_180_s, view.alarms),
            "within_45_min": self._share("within_45_min", view.within_45_min, view.attended),
            "closed": self._share("closed", view.closed, view.alarms - view.resolved),
            "false": self._share("false", view.false + view.device_fault, view.true + view.false + view.device_fault),
        }
        half, most = self._step(view, view.half_within_s), self._step(view, view.most_within_s)
        per_week = "–" if view.per_week is None else f"{view.per_week:.2f}"
        return FigureLine(name, link, view, shares, half, most, true=interval(view), per_week=per_week)

    @staticmethod
    def _share(name: str, part: int, whole: int) -> Share:
        if not whole:
            return Share("–", missed=False, few=False)
        percent = 100.0 * part / whole
        return Share(f"{percent:.1f} %", missed=percent < _TARGETS.get(name, 0.0), few=whole < _FEW)

    def _step(self, view: FigureView, within_s: int | None) -> str:
        if not view.answered:
            return "–"
        if within_s is None:
            return self._w.t("figures.longer")
        if within_s > 2 * _MINUTE_S:
            return self._w.t("figures.minutes", n=within_s // _MINUTE_S)
        return self._w.t("figures.seconds", n=within_s)

    def _name(self, axis: str, value: str) -> str:
        if axis == "priority":
            return self._w.t(f"priority.{value}")
        if not value:
            return self._w.t("figures.nobody")
        if axis in {"kind", "detector"}:
            return self._w.kind(value)
        return self._names.get((axis, value), value)

    def _without(self, axis: str) -> str:
        kept = {name: value for name, value in self._filters.items() if name != axis}
        return f"/figures?{urlencode({'month': self._view.month, 'by': axis, 'priority': self._level, **kept})}"

    def _link(self, **changed: str | None) -> str:
        given = {"month": self._view.month, "by": self._by, "priority": self._level, **self._filters, **changed}
        return f"/figures?{urlencode({name: value for name, value in given.items() if value})}"
