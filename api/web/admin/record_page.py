"""One resident's record, gathered for the page on which it is changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fastapi import Request, Response

from anhu.registry.consents import Capacity, Purpose
from anhu.registry.endings import EndReason
from anhu.registry.flags import FLAGS
from anhu.registry.roles import Role
from api.schemas.organisations import CentreView, TeamView
from api.security.roles import Viewer
from api.services import organisations, places, records
from api.web.admin.record_form import Mistakes, Texts, medicine_rows, one, typed_of
from api.web.site import Site

_LIVED_IN = frozenset({"room", "bed"})


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page shows besides the record: what was typed into which part, what is wrong, what was done."""

    typed: Texts | None = None
    mistakes: Mistakes = field(default_factory=Mistakes)
    part: str = ""
    done: str = ""
    status: int = 200


def centres_for(site: Site, viewer: Viewer) -> list[CentreView]:
    """Return the centres to which the viewer may assign."""
    found = organisations.list_centres(site.deps, viewer)
    if viewer.role is Role.ADMIN:
        return found
    own = {team.centre_id for team in teams_for(site, viewer)} if viewer.role is Role.TEAM else {viewer.centre_id}
    return [centre for centre in found if centre.id in own]


def teams_for(site: Site, viewer: Viewer) -> list[TeamView]:
    """Return the teams to which the viewer may assign."""
    found = organisations.list_teams(site.deps, viewer)
    if viewer.role is Role.ADMIN:
        return found
    if viewer.role is Role.TEAM:
        return [team for team in found if team.id == viewer.team_id]
    return [team for team in found if team.centre_id == viewer.centre_id]


def form_page(site: Site, request: Request, viewer: Viewer, shown: Shown) -> Response:
    """Return the form for somebody new."""
    typed = shown.typed or {}
    return site.page(
        request, "admin_resident_new.html", status=shown.status, **_form_values(site, viewer, typed, shown.mistakes)
    )


def record_page(site: Site, request: Request, viewer: Viewer, resident_id: str, shown: Shown) -> Response:
    """Return the page of one record; what was typed into a part that was refused stays in it."""
    record, wording = records.read_record(site.deps, viewer, resident_id), site.wording(request)
    is_main = shown.part in {"", "record"}
    typed = typed_of(record)
    if shown.typed is not None and is_main:
        typed = {**shown.typed, "revision": [str(record.resident.revision)]}
    free = [
        place
        for place in places.list_places(site.deps, viewer, record.resident.centre_id)
        if place.kind in _LIVED_IN and place.in_use and not (place.is_taken and place.kind == "bed")
    ]
    return site.page(
        request,
        "admin_resident.html",
        status=shown.status,
        record=record,
        part=shown.part,
        said=shown.mistakes if not is_main else Mistakes(),
        given=_one_of(shown.typed if not is_main else None),
        done=shown.done,
        beds=free,
        bed_options=[(place.id, place.full_name) for place in free],
        purpose_options=[(each, wording.word("consent_purpose", each)) for each in Purpose],
        capacity_options=[(each, wording.word("consent_capacity", each)) for each in Capacity],
        reason_options=[(each, wording.word("end_reason", each)) for each in EndReason],
        **_form_values(site, viewer, typed, shown.mistakes if is_main else Mistakes()),
    )


def _form_values(site: Site, viewer: Viewer, typed: Texts, mistakes: Mistakes) -> dict[str, Any]:
    return {
        "value": _one_of(typed),
        "flags_on": set(typed.get("flags", ())),
        "medicines": medicine_rows(typed),
        "mistakes": mistakes,
        "flags": sorted(FLAGS),
        "centre_options": [(each.id, each.name) for each in centres_for(site, viewer)],
        "team_options": [(each.id, each.name) for each in teams_for(site, viewer)],
        "is_admin": viewer.role is Role.ADMIN,
    }


def _one_of(typed: Texts | None) -> object:
    """Return what gives a template the text of a field."""

    def value(name: str) -> str:
        return one(typed or {}, name)

    return value
