"""The doctor's worklist: each line says who, what, since when, and the value against its limit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from fastapi import APIRouter, Request, Response

from anhu.contract.clock import DAY_MS
from anhu.contract.quantities import QUANTITIES
from api.context import CurrentViewer
from api.security.roles import Permission, require
from api.services.open_alerts import OpenAlert
from api.services.worklist import DueLine, Known, Newest, Worklist, read_worklist
from api.web.card import read_card
from api.web.evidence.features import feature_name
from api.web.marks import Mark, Marks
from api.web.site import Site
from api.web.wording import Wording, priority_name

MOST_TRENDS = 30
"""Lines that say what is usual: the most urgent."""
_UNWATCHED = frozenset({"battery", "signal_strength", "room_temperature", "room_humidity"})


class AlarmLine(NamedTuple):
    """An open alarm."""

    alert: OpenAlert
    priority: str
    by: str


class ValueLine(NamedTuple):
    """A newest value of the last day that is abnormal."""

    resident_id: str
    name: str
    quantity: str
    value: str
    unit: str
    mark: Mark
    at_ms: int
    doubts: str
    code: str
    number: float
    usual: UsualLine | None = None


class UsualLine(NamedTuple):
    """What is usual for the resident, how far the value is from it, and the month as points of a line."""

    mean: str
    change: str
    points: str


class DueRow(NamedTuple):
    """Something that is due."""

    line: DueLine
    name: str
    what: str
    overdue: bool


@dataclass(frozen=True, slots=True)
class WorklistPage:
    """What the template draws; `silent` counts residents of whom nothing was measured within a day."""

    alarms: Sequence[AlarmLine]
    total_alarms: int
    values: Sequence[ValueLine]
    due: Sequence[DueRow]
    shown_residents: int
    are_all: bool
    silent: int
    store_down: bool


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the list and the resident's card."""
    deps = site.deps

    @pages.get("/worklist")
    def show_worklist(request: Request, viewer: CurrentViewer) -> Response:
        page = worklist_page(read_worklist(deps, viewer), site.wording(request))
        return site.page(request, "worklist.html", work=page)

    @pages.get("/residents/{resident_id}/card")
    def show_card(request: Request, viewer: CurrentViewer, resident_id: str) -> Response:
        require(viewer, Permission.RESPOND)
        card = read_card(deps, viewer, resident_id, site.wording(request))
        return site.page(request, "card.html", zone=card.zone, card=card, person=card.person)


def worklist_page(found: Worklist, wording: Wording) -> WorklistPage:
    """Return the list in words."""
    latest = found.latest or {}
    lines = [line for one, known in found.residents.items() for line in _values(one, known, latest, wording)]
    values = sorted(lines, key=lambda line: (not line.mark.is_critical, -line.at_ms))
    rows = [_due_row(line, found.residents, wording) for line in found.due]
    return WorklistPage(
        alarms=[
            AlarmLine(one, priority_name(one.priority), found.answered_by.get(one.assignee, "")) for one in found.alarms
        ],
        total_alarms=found.total_alarms,
        values=_with_usual(found, values, wording),
        due=sorted(rows, key=lambda row: (not row.overdue, row.line.due_at_ms or wording.now_ms)),
        shown_residents=len(found.residents),
        are_all=found.are_all,
        silent=sum(not _is_heard(latest.get(one, ()), wording.now_ms) for one in found.residents),
        store_down=found.latest is None,
    )


def _is_heard(latest: Sequence[Newest], now_ms: int) -> bool:
    return any(one.at_ms > now_ms - DAY_MS for one in latest if one.quantity not in _UNWATCHED)


def _values(
    resident_id: str, known: Known, latest: Mapping[str, Sequence[Newest]], wording: Wording
) -> Iterator[ValueLine]:
    marks, here = Marks(known.limits, known.flags), wording.at(known.zone)
    for one in latest.get(resident_id, ()):
        code = one.quantity
        if code in _UNWATCHED or code not in QUANTITIES or one.at_ms <= wording.now_ms - DAY_MS:
            continue
        mark = marks.of(code, one.value, here)
        if mark is not None:
            yield ValueLine(
                resident_id=resident_id,
                name=known.name,
                quantity=wording.quantity(code),
                value=wording.number(one.value, code),
                unit=wording.unit(code),
                mark=mark,
                at_ms=one.at_ms,
                doubts=wording.doubts(one.quality),
                code=code,
                number=one.value,
            )


def _with_usual(found: Worklist, lines: Sequence[ValueLine], wording: Wording) -> list[ValueLine]:
    """Say of the first lines what is usual; each asks the store once."""
    first = [line._replace(usual=_usual(found, line, wording)) for line in lines[:MOST_TRENDS]]
    return [*first, *lines[MOST_TRENDS:]]


def _usual(found: Worklist, line: ValueLine, wording: Wording) -> UsualLine | None:
    usual = found.usual(line.resident_id, line.code)
    if usual is None:
        return None
    change = line.number - usual.mean
    sign = "+" if change >= 0 else "−"
    return UsualLine(
        mean=wording.number(usual.mean, line.code),
        change=f"{sign}{wording.number(abs(change), line.code)}",
        points=_points([*usual.days[:-1], line.number]),
    )


def _points(days: Sequence[float | None]) -> str:
    """Return the days as points of a line, 100 wide and 20 high; the last is the value itself."""
    known = [(place, value) for place, value in enumerate(days) if value is not None]
    low, high = min(value for _, value in known), max(value for _, value in known)
    span = (high - low) or 1.0
    return " ".join(
        f"{100 * place / (len(days) - 1):.1f},{19 - 18 * (value - low) / span:.1f}" for place, value in known
    )


def _due_row(line: DueLine, residents: Mapping[str, Known], wording: Wording) -> DueRow:
    if line.what == "limit":
        kind, _, parameter = line.of.partition(".")
        named = f"{wording.kind(kind)} · {feature_name(parameter, wording)} {line.detail}"
        what = wording.t("worklist.limit_ends", limit=named)
    elif line.what == "messages":
        what = wording.t("worklist.unread", count=line.of)
    else:
        what = " · ".join(filter(None, (wording.word("request_kind", line.of), line.detail)))
    overdue = line.due_at_ms is not None and line.due_at_ms < wording.now_ms
    return DueRow(line, residents[line.resident_id].name, what, overdue)
