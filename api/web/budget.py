"""The alarm budget as a page: what alarms cost a resident a week, and how many were true, by rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from anhu.contract.clock import DAY_MS
from api.context import CurrentViewer
from api.dependencies import Dependencies
from api.schemas.budget import BudgetView, RuleBudgetView
from api.security.roles import Viewer
from api.services.budget import budget
from api.web.site import Site
from api.web.wording import Wording

PERIODS = {"7d": 7, "28d": 28, "90d": 90}
_USUAL = "28d"
_ENDS_AT = 2.0
"""The bars end at this many times the target."""


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule as the template draws it.

    Attributes
    ----------
    bar : float
        Its load, in percent of a bar.
    ppv : str
        Share of true alarms; empty while nothing was judged.
    """

    rule: RuleBudgetView
    bar: float
    ppv: str


@dataclass(frozen=True, slots=True)
class BudgetPage:
    """What the template draws.

    Attributes
    ----------
    bar, target : float
        The load of all rules and the target, in percent of a bar.
    """

    view: BudgetView
    period: str
    lines: list[RuleLine]
    bar: float
    target: float
    ppv: str


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the page."""

    @pages.get("/budget")
    def show_budget(
        request: Request, viewer: CurrentViewer, period: Annotated[str, Query(max_length=8)] = _USUAL
    ) -> Response:
        chosen = period if period in PERIODS else _USUAL
        page = budget_page(site.deps, viewer, site.wording(request), chosen)
        return site.page(request, "budget.html", budget=page, periods=tuple(PERIODS))


def budget_page(deps: Dependencies, viewer: Viewer, wording: Wording, period: str) -> BudgetPage:
    """Count the alarms of the residents that the viewer may see over the last days."""
    until_ms = wording.now_ms
    view = budget(deps, viewer, since_ms=until_ms - PERIODS[period] * DAY_MS, until_ms=until_ms)
    full = _ENDS_AT * view.budget_per_resident_week
    lines = [RuleLine(rule, _percent(rule.per_resident_week / full), _share(rule.ppv)) for rule in view.rules]
    return BudgetPage(
        view=view,
        period=period,
        lines=lines,
        bar=_percent(view.per_resident_week / full),
        target=_percent(view.budget_per_resident_week / full),
        ppv=_share(view.ppv),
    )


def _percent(share: float) -> float:
    return round(100.0 * min(share, 1.0), 1)


def _share(share: float | None) -> str:
    return "" if share is None else f"{100.0 * share:.0f} %"
