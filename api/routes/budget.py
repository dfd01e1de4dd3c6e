"""The alarm budget."""

from __future__ import annotations

from fastapi import APIRouter

from api.context import CurrentViewer, Deps, Since, Until
from api.schemas.budget import BudgetView
from api.services import budget

router = APIRouter(tags=["platform"])


@router.get("/alarm-budget", summary="How many alarms, and how many were true?")
def read_budget(deps: Deps, viewer: CurrentViewer, since: Since, until: Until) -> BudgetView:
    """Return alerts per resident-week and their outcomes by rule, noisy rules first; four weeks if not said."""
    return budget.budget(deps, viewer, since_ms=since, until_ms=until)
