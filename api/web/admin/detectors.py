"""Versions of detectors: the list, two of them side by side, and the choice between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from alerts.service_figures.interval import Share, wilson
from alerts.versions import VersionFacts
from api.context import CurrentViewer
from api.security.roles import Permission, Viewer, require
from api.services.detectors import DetectorLine, SideBySide, choose, list_detectors, side_by_side
from api.web.admin.forms import REFUSALS, Fields, Form, refused
from api.web.site import Site
from api.web.wording import Wording

_PATH = "/admin/detectors"
_PARTS = ("both", "only_old", "only_new")
Name = Annotated[str, Query(max_length=64)]


@dataclass(frozen=True, slots=True)
class PartLine:
    """One part of a comparison as the template draws it."""

    part: str
    number: int
    per_week: str
    true: str
    judged: int


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the pages."""

    @pages.get(_PATH)
    def show_detectors(request: Request, viewer: CurrentViewer, name: Name = "") -> Response:
        require(viewer, Permission.MANAGE_PEOPLE)
        if name:
            return _detector_page(site, request, viewer, name)
        lines = sorted(list_detectors(site.deps, viewer), key=_first)
        return site.page(request, "admin_detectors.html", lines=lines, share=share_text)

    @pages.post(_PATH)
    def change_detector(request: Request, viewer: CurrentViewer, fields: Fields) -> Response:
        require(viewer, Permission.ADMINISTER)
        name = fields.get("name", "")
        try:
            choose(
                site.deps,
                viewer,
                name,
                fields.get("step", ""),
                why=fields.get("why", ""),
                revision=_number(fields.get("revision", "")),
                version=_number(fields.get("version", "")),
            )
        except REFUSALS as error:
            form = refused(fields, error, site.wording(request))
            return _detector_page(site, request, viewer, name, form=form, status=422)
        return RedirectResponse(f"{_PATH}?{urlencode({'name': name})}", status_code=303)


def _first(line: DetectorLine) -> tuple[int, int, str]:
    """Return what stands first: where there is something to choose, then what alarms most."""
    return -len(line.versions), -line.alarms, line.name


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1  # noqa: PLR2004 - fits a column


def _detector_page(
    site: Site, request: Request, viewer: Viewer, name: str, *, form: Form | None = None, status: int = 200
) -> Response:
    view = side_by_side(site.deps, viewer, name)
    return site.page(
        request,
        "admin_detector.html",
        status=status,
        view=view,
        line=view.line,
        parts=_parts(view),
        old=_of_version(view, _PARTS[:2]),
        new=_of_version(view, _PARTS[::2]),
        others=_others(view.line),
        share=share_text,
        form=form or Form(),
        may_choose=viewer.may(Permission.ADMINISTER),
        differs=_differs(site.wording(request)),
    )


def share_text(share: Share | None) -> str:
    """Return a share with its interval, in percent; a dash for a share of nothing."""
    return f"{100 * share.share:.0f} % ({100 * share.low:.0f}–{100 * share.high:.0f})" if share else "–"


def _others(line: DetectorLine) -> Sequence[VersionFacts]:
    """Return the versions that may run in the shadow."""
    return [one for one in line.versions if one.version not in {line.choice.live, line.choice.shadow}]


def _parts(view: SideBySide) -> list[PartLine]:
    return [_of_version(view, (part,)) for part in _PARTS]


def _of_version(view: SideBySide, parts: Sequence[str]) -> PartLine:
    """Return some parts together: what the deciding version found, or the one in its shadow."""
    judged = [view.judged[part] for part in parts]
    number = sum(one.alarms for one in judged)
    of_judged = sum(one.judged for one in judged)
    per_week = f"{number / view.person_weeks:.2f}" if view.person_weeks else "–"
    true = share_text(wilson(sum(one.true for one in judged), of_judged))
    return PartLine(parts[0], number, per_week, true, of_judged)


def _differs(wording: Wording) -> dict[str, int]:
    """Return which of the two languages a version's difference is read in."""
    return {"at": int(wording.language == "zh-CN")}
