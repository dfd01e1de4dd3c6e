"""The smaller forms of a record: family, bed, consents, ending. Each answers with the same page."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from anhu.contract.errors import FieldError
from api.context import CurrentViewer
from api.schemas.records import NewConsent, NewEnding, NewRelative
from api.security.roles import Permission, Viewer, require
from api.services import records, relatives
from api.web.admin.record_form import REFUSALS, Texts, Typed, mistakes_of, one, status_of
from api.web.admin.record_page import Shown, record_page
from api.web.site import Site

_LEAVE = "leave"
Part = Callable[[Site, Viewer, str, Texts], str]
"""Does what a form asks for; returns what is told afterwards."""


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the forms."""

    @pages.post("/admin/residents/{resident_id}/{part}")
    def submit(request: Request, viewer: CurrentViewer, resident_id: str, part: str, typed: Typed) -> Response:
        require(viewer, Permission.MANAGE_PEOPLE)
        if part not in PARTS:
            return site.error_page(request, 404)
        try:
            done = PARTS[part](site, viewer, resident_id, typed)
        except REFUSALS as error:
            mistakes = mistakes_of(error, site.wording(request))
            return record_page(
                site, request, viewer, resident_id, Shown(typed, mistakes, part, status=status_of(error))
            )
        return RedirectResponse(f"/admin/residents/{resident_id}?done={done}#{part}", status_code=303)


def _family(site: Site, viewer: Viewer, resident_id: str, typed: Texts) -> str:
    user_id = one(typed, "user_id")
    step = one(typed, "step")
    if step == "remove":
        relatives.remove_relative(site.deps, viewer, resident_id, user_id)
    elif step in {"up", "down"}:
        order = [each.user_id for each in records.read_record(site.deps, viewer, resident_id).family]
        if user_id in order:
            here = order.index(user_id)
            there = max(0, min(len(order) - 1, here + (1 if step == "down" else -1)))
            order[here], order[there] = order[there], order[here]
        relatives.order_relatives(site.deps, viewer, resident_id, order)
    else:
        values = {name: one(typed, f"relative_{name}") for name in ("name", "phone", "relation")}
        relatives.add_relative(site.deps, viewer, resident_id, NewRelative.model_validate(values))
    return "family"


def _move(site: Site, viewer: Viewer, resident_id: str, typed: Texts) -> str:
    place_id = one(typed, "place_id")
    if not place_id:
        raise FieldError("place_id", "", "a bed or a home, or that the resident leaves", zh="床位、住处，或离开")
    records.move(site.deps, viewer, resident_id, "" if place_id == _LEAVE else place_id)
    return "moved"


def _consent(site: Site, viewer: Viewer, resident_id: str, typed: Texts) -> str:
    if consent_id := one(typed, "consent_id"):
        records.withdraw_consent(site.deps, viewer, resident_id, consent_id, one(typed, "withdrawn_by"))
        return "withdrawn"
    names = ("purpose", "text_version", "given_by", "capacity", "given_on")
    given = NewConsent.model_validate({name: one(typed, name) for name in names})
    records.give_consent(site.deps, viewer, resident_id, given)
    return "consented"


def _end(site: Site, viewer: Viewer, resident_id: str, typed: Texts) -> str:
    values: dict[str, object] = {name: one(typed, name) for name in ("reason", "on_date", "note")}
    values["despite_open_alerts"] = bool(one(typed, "despite_open_alerts"))
    values["revision"] = one(typed, "revision") or None
    records.end_service(site.deps, viewer, resident_id, NewEnding.model_validate(values))
    return "ended"


def _resume(site: Site, viewer: Viewer, resident_id: str, typed: Texts) -> str:
    revision = one(typed, "revision")
    made = records.resume_service(site.deps, viewer, resident_id, int(revision) if revision.isdecimal() else None)
    return "resumed_partly" if made.not_given_back else "resumed"


PARTS: dict[str, Part] = {"family": _family, "bed": _move, "consent": _consent, "end": _end, "resume": _resume}
