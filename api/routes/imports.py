"""Sheets of residents and devices: templates, a trial, the faults as a file, the writing; an export."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import partial
from typing import Annotated

from anyio import to_process
from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from anhu.contract.csv_text import csv_file
from anhu.contract.words import LANGUAGES, text
from anhu.registry.imports import device_rows, resident_rows
from anhu.registry.imports.faults_file import faults_table, xlsx_file
from anhu.registry.imports.trying import AnyJudged
from api.context import CurrentViewer, Deps
from api.dependencies import Dependencies
from api.problems import CONFLICT, file_of
from api.schemas.imports import ImportReport
from api.security.roles import Viewer
from api.services import imports
from api.services.record_writing import today_of

router = APIRouter(prefix="/imports", tags=["imports"])
_XLSX = b"PK\x03\x04"
_TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
_CSV = file_of(_TYPES["csv"])
_SHEETS = file_of(*_TYPES.values(), binary=True)
Language = Annotated[str, Query(max_length=8, description="Of sentences and headings: zh-CN or en.")]
Tried = Annotated[str | None, Query(max_length=64, description="`sha256` of the trial: then it is written.")]


class What(StrEnum):
    """What a sheet is of."""

    RESIDENTS = "residents"
    DEVICES = "devices"


@router.get("/{what}/template.{form}", summary="An empty sheet", response_class=Response, responses=_SHEETS)
def read_template(viewer: CurrentViewer, what: What, form: str, language: Language = LANGUAGES[0]) -> Response:
    """Return the headings that are known, in a CSV or an XLSX whose cells are all text."""
    imports.may_import(viewer)
    table = resident_rows.HEADINGS if what is What.RESIDENTS else device_rows.HEADINGS
    headings = [names[0 if language == LANGUAGES[0] else 1] for names in table.values()]
    return _file(headings, [], "xlsx" if form == "xlsx" else "csv", f"anhu-{what}")


@router.get("/residents.csv", summary="Export residents", response_class=Response, responses=_CSV)
def export_residents(deps: Deps, viewer: CurrentViewer) -> Response:
    """Return everybody as CSV; identity numbers by their last four. On record."""
    return _file(imports.EXPORTED, imports.export_residents(deps, viewer), "csv", "anhu-residents-export")


@router.post("/{what}", summary="Try a sheet, or write what was tried", responses=CONFLICT)
async def import_sheet(
    *,
    deps: Deps,
    viewer: CurrentViewer,
    what: What,
    request: Request,
    language: Language = LANGUAGES[1],
    tried: Tried = None,
) -> ImportReport:
    """Send the file as the body. All of it is written in one transaction, or nothing while a row is faulty."""
    return (await _run(deps, viewer, what, request, language=language, tried=tried))[0].report


@router.post(
    "/{what}/faults", summary="The faulty rows, with what is wrong", response_class=Response, responses=_SHEETS
)
async def faults_of_sheet(
    *, deps: Deps, viewer: CurrentViewer, what: What, request: Request, language: Language = LANGUAGES[1]
) -> Response:
    """Return the faulty rows as they came, in a file of the same kind, with one more column."""
    found, judged, is_xlsx = await _run(deps, viewer, what, request, language=language, tried=None)
    headings, rows = faults_table(judged.sheet, found.errors, text("import_file.error", language))
    return await run_in_threadpool(_file, headings, rows, "xlsx" if is_xlsx else "csv", f"anhu-{what}-errors")


async def _run(
    deps: Dependencies, viewer: Viewer, what: What, request: Request, *, language: str, tried: str | None
) -> tuple[imports.Tried, AnyJudged, bool]:
    imports.may_import(viewer)
    content = await request.body()
    with imports.alone():
        spoken = language if language in LANGUAGES else LANGUAGES[1]
        judged = await to_process.run_sync(_judge(deps, what, content, spoken), cancellable=True)
        run = partial(imports.import_sheet, deps, viewer, judged, content, language=spoken, tried=tried)
        return await run_in_threadpool(run), judged, content.startswith(_XLSX)


def _judge(deps: Dependencies, what: What, content: bytes, language: str) -> Callable[[], AnyJudged]:
    """Return what judges the rows: in a process of its own, so that the desk is answered meanwhile."""
    if what is What.DEVICES:
        return partial(device_rows.judge_devices, content, language=language, codecs=deps.codecs)
    today = today_of(deps)
    return partial(resident_rows.judge_residents, content, language=language, today=today, region=deps.phone_region)


def _file(headings: Sequence[str], rows: Sequence[Sequence[str]], form: str, name: str) -> Response:
    content = xlsx_file(headings, rows) if form == "xlsx" else csv_file(headings, rows)
    disposition = {"Content-Disposition": f'attachment; filename="{name}.{form}"', "Cache-Control": "no-store"}
    return Response(content, media_type=_TYPES[form], headers=disposition)
