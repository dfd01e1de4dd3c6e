"""The audit log: who did what of whom and when, filtered, and as a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from anhu.contract.clock import SECOND_MS, to_rfc3339
from anhu.contract.csv_text import csv_line
from anhu.contract.words import catalogue
from api.context import CurrentViewer
from api.schemas.audit import AuditView
from api.security.roles import Permission, Viewer, require
from api.services.audit import AuditFilter, list_audit, note_export
from api.web.admin.forms import Form
from api.web.site import Site
from api.web.wording import Wording

_PAGE, _FILE_PAGE = 100, 1_000
_MOST_ROWS = 50_000
_COLUMNS = ("at", "user_id", "user_name", "action", "resident_id", "resident_name", "object_id", "address", "detail")


class _Asked(NamedTuple):
    user_id: str
    resident_id: str
    action: str
    since: str
    until: str
    watching: str


def _asked(
    *,
    user_id: Annotated[str, Query(max_length=100)] = "",
    resident_id: Annotated[str, Query(max_length=100)] = "",
    action: Annotated[str, Query(max_length=64)] = "",
    since: Annotated[str, Query(max_length=10)] = "",
    until: Annotated[str, Query(max_length=10)] = "",
    watching: Annotated[str, Query(max_length=1)] = "",
) -> _Asked:
    return _Asked(user_id.strip(), resident_id.strip(), action.strip(), since, until, watching)


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the audit log."""
    deps = site.deps

    @pages.get("/admin/audit")
    def show_audit(
        request: Request,
        viewer: CurrentViewer,
        asked: Annotated[_Asked, Depends(_asked)],
        cursor: Annotated[str, Query(max_length=300)] = "",
    ) -> Response:
        require(viewer, Permission.ADMINISTER)
        wording = site.wording(request)
        wanted, errors = _filter(asked, wording)
        found = list_audit(deps, viewer, wanted=wanted, cursor=cursor, limit=_PAGE)
        return site.page(
            request,
            "admin_audit.html",
            found=found.items,
            more=found.next_cursor,
            started=bool(cursor),
            form=Form(asked._asdict(), errors),
            told=partial(_shown, wording=wording),
            done=partial(_done, wording=wording),
            things=_things(asked.action, wording),
        )

    @pages.get("/admin/audit.csv")
    def export_audit(request: Request, viewer: CurrentViewer, asked: Annotated[_Asked, Depends(_asked)]) -> Response:
        require(viewer, Permission.ADMINISTER)
        wording = site.wording(request)
        wanted, _ = _filter(asked, wording)
        note_export(deps, viewer, wanted)
        lines = _lines(site, viewer, wanted, wording)
        headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
        return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


def _filter(asked: _Asked, wording: Wording) -> tuple[AuditFilter, dict[str, str]]:
    """Return the filter; a day that is none narrows nothing, and is said beside its field."""
    errors = {}
    days: dict[str, int | None] = {}
    for name, text, later in (("since", asked.since, 0), ("until", asked.until, 1)):
        try:
            days[name] = _midnight_ms(text, later, wording) if text else None
        except (ValueError, OverflowError):
            days[name] = None
            errors[name] = wording.t("form.day")
    named = {"user_id": asked.user_id, "resident_id": asked.resident_id, "action": asked.action}
    hidden = not (asked.watching or asked.action)
    return AuditFilter(**named, since_ms=days["since"], until_ms=days["until"], without_watching=hidden), errors


def _midnight_ms(text: str, days_later: int, wording: Wording) -> int:
    day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=wording.zone) + timedelta(days=days_later)
    return int(day.timestamp() * SECOND_MS)


def _lines(site: Site, viewer: Viewer, wanted: AuditFilter, wording: Wording) -> Iterator[str]:
    yield "\ufeff" + csv_line(_COLUMNS)
    cursor, rows = "", 0
    while rows < _MOST_ROWS:
        page = list_audit(site.deps, viewer, wanted=wanted, cursor=cursor, limit=_FILE_PAGE)
        for one in page.items:
            yield csv_line([to_rfc3339(one.at_ms), *(str(getattr(one, name)) for name in _COLUMNS[1:-1]), _told(one)])
        rows += len(page.items)
        cursor = page.next_cursor or ""
        if not cursor:
            return
    yield csv_line([wording.t("audit.cut", rows=rows)])


def _told(row: AuditView) -> str:
    return json.dumps(row.detail, ensure_ascii=False, separators=(", ", ": ")) if row.detail else ""


def _done(row: AuditView, wording: Wording) -> str:
    """Return what was done in words: ``alert.close`` is "alarm · closed"."""
    thing, *deeds = row.action.split(".")
    words = [wording.word("audit_object", thing), *(wording.word("audit_deed", one) for one in deeds)]
    return " · ".join(words)


def _shown(row: AuditView, wording: Wording) -> str:
    """Return the details for people: how many residents, not their identities; the file has them all."""
    residents = row.detail.get("residents")
    facts = [f"{name}: {_plain(value)}" for name, value in row.detail.items() if name != "residents"]
    if residents:
        facts.insert(0, wording.t("audit.residents", count=len(residents)))
    return " · ".join(facts)


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _things(chosen: str, wording: Wording) -> list[tuple[str, str]]:
    """Return what the filter offers: the things that are done something with, and what an address asks for besides."""
    start = "web.audit_object."
    known = sorted(key.removeprefix(start) for key in catalogue() if key.startswith(start))
    things = [(one, wording.word("audit_object", one)) for one in known]
    return things if not chosen or chosen in known else [(chosen, chosen), *things]
