"""Service figures."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from anhu.contract.csv_text import csv_file
from anhu.contract.priority import Priority
from api.context import CurrentViewer, Deps
from api.problems import file_of
from api.schemas.alerts import PRIORITY_WORDS
from api.schemas.figures import FiguresView, FigureView
from api.services.figures import AXES, Wanted, figures

router = APIRouter(tags=["platform"])
_LEVELS: dict[str, Priority] = {word: Priority(level) for level, word in PRIORITY_WORDS.items()}
Text = Annotated[str, Query(max_length=64)]


@router.get("/service-figures", summary="How well are calls answered?")
def read_figures(
    deps: Deps,
    viewer: CurrentViewer,
    *,
    month: Text = "",
    by: Annotated[list[str] | None, Query(max_length=len(AXES), description="Of " + ", ".join(AXES))] = None,
    centre_id: Text = "",
    team_id: Text = "",
    kind: Text = "",
    min_priority: Annotated[str, Query(pattern="^(high|medium|low|info)$")] = "medium",
) -> FiguresView:
    """Return answered within 60 and 180 s, attended within 45 min, closed, and what was true; drills apart."""
    wanted = Wanted(
        month=month,
        by=tuple(by or ("kind",)),
        centre_id=centre_id,
        team_id=team_id,
        kind=kind,
        min_priority=_LEVELS[min_priority],
    )
    return figures(deps, viewer, wanted)


@router.get(
    "/service-figures.csv",
    summary="The same, of every cell, for a spreadsheet",
    response_class=Response,
    responses=file_of("text/csv"),
)
def download_figures(deps: Deps, viewer: CurrentViewer, month: Text = "") -> Response:
    """Return a line for each centre, team, rule, device model and priority."""
    view = figures(deps, viewer, Wanted(month=month, by=AXES, min_priority=_LEVELS["info"]))
    columns = ["month", "revision", *FigureView.model_fields]
    lines = [[view.month, view.revision, *group.model_dump().values()] for group in view.groups]
    name = f"anhu-{view.month}-{view.revision}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(csv_file(columns, lines), media_type="text/csv; charset=utf-8", headers=headers)
