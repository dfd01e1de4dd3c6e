"""Buildings, floors, rooms and beds of a centre: the tree, and who lies where."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from anhu.registry.places import PlaceKind
from api.context import CurrentViewer
from api.schemas.records import NewPlace, PlaceChange, PlaceView
from api.security.roles import Permission, Viewer, require
from api.services import places
from api.services.people import names_of
from api.web.admin.record_form import REFUSALS, Texts, Typed, mistakes_of, one, status_of
from api.web.admin.record_page import Shown, centres_for
from api.web.site import Site


class Line(NamedTuple):
    """One place of the tree, how deep it stands, and who lies there: identity and name."""

    place: PlaceView
    depth: int
    lies_here: list[tuple[str, str]]


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the tree and its forms."""

    @pages.get("/admin/beds")
    def show_tree(
        request: Request, viewer: CurrentViewer, centre: Annotated[str, Query(max_length=64)] = ""
    ) -> Response:
        return _tree(site, request, viewer, centre, Shown())

    @pages.post("/admin/beds")
    def change_tree(request: Request, viewer: CurrentViewer, typed: Typed) -> Response:
        require(viewer, Permission.MANAGE_PEOPLE)
        centre = one(typed, "centre_id")
        try:
            _changed(site, viewer, typed)
        except REFUSALS as error:
            mistakes = mistakes_of(error, site.wording(request))
            return _tree(site, request, viewer, centre, Shown(typed, mistakes, status=status_of(error)))
        return RedirectResponse(f"/admin/beds?centre={centre}", status_code=303)


def _changed(site: Site, viewer: Viewer, typed: Texts) -> None:
    step, place_id = one(typed, "step"), one(typed, "place_id")
    if step in {"close", "reopen"}:
        places.change_place(site.deps, viewer, place_id, PlaceChange(in_use=step == "reopen"))
    elif step == "rename":
        places.change_place(site.deps, viewer, place_id, PlaceChange(name=one(typed, "new_name")))
    else:
        values = {name: one(typed, name) for name in ("centre_id", "parent_id", "kind", "name")}
        places.create_place(site.deps, viewer, NewPlace.model_validate(values))


def _tree(site: Site, request: Request, viewer: Viewer, centre: str, shown: Shown) -> Response:
    require(viewer, Permission.MANAGE_PEOPLE)
    centres = centres_for(site, viewer)
    chosen = centre if any(each.id == centre for each in centres) else (centres[0].id if centres else "")
    found = places.list_places(site.deps, viewer, chosen) if chosen else []
    lying = names_of(site.deps, viewer, [who for place in found for who in place.lies_here])
    children: dict[str, list[PlaceView]] = {}
    for each in sorted(found, key=lambda place: _natural(place.name)):
        children.setdefault(each.parent_id, []).append(each)
    lines = list(_below(children, "", 0, lying))
    return site.page(
        request,
        "admin_beds.html",
        status=shown.status,
        centres=centres,
        chosen=chosen,
        lines=lines,
        kind_options=[(each, site.wording(request).word("bed_kind", each)) for each in PlaceKind],
        parent_options=[(each.id, each.full_name) for each in found if each.in_use and each.kind != PlaceKind.BED],
        mistakes=shown.mistakes,
        value=lambda name: one(shown.typed or {}, name),
        free=sum(1 for each in found if each.kind == "bed" and each.in_use and not each.is_taken),
        beds=sum(1 for each in found if each.kind == "bed" and each.in_use),
    )


def _below(
    children: Mapping[str, Sequence[PlaceView]], parent_id: str, depth: int, lying: Mapping[str, str]
) -> Iterator[Line]:
    for place in children.get(parent_id, ()):
        yield Line(place, depth, [(who, lying.get(who, who)) for who in place.lies_here])
        yield from _below(children, place.id, depth + 1, lying)


def _natural(name: str) -> list[tuple[int, str]]:
    """Return a key that puts 2 before 10."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.findall(r"[0-9]+|[^0-9]+", name)]
