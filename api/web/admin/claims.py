"""The code on a box: typed or scanned on a phone where the device is installed; and the labels that are printed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from api.context import CurrentViewer
from api.schemas.devices import Claim, ClaimView
from api.security.roles import Permission, Viewer, require
from api.services import claims
from api.services.device_list import Wanted, find_devices
from api.web.admin.forms import REFUSALS, Fields, Form, refused
from api.web.devices import asked
from api.web.site import Site

_A_SHEET = 100


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the page on which a device is taken into use, and the labels."""
    deps = site.deps

    @pages.get("/claim")
    def show_claim(
        request: Request, viewer: CurrentViewer, code: Annotated[str, Query(max_length=200)] = ""
    ) -> Response:
        require(viewer, Permission.BIND_DEVICES)
        if not code:
            return _claim_page(site, request, viewer, Form())
        try:
            claim = claims.read_claim(deps, viewer, code)
        except REFUSALS as error:
            form = refused({"code": code}, error, site.wording(request))
            return _claim_page(site, request, viewer, form, status=422)
        return _claim_page(site, request, viewer, Form({"code": claim.claim_code}), claim=claim)

    @pages.post("/claim")
    def claim_device(request: Request, viewer: CurrentViewer, fields: Fields) -> Response:
        require(viewer, Permission.BIND_DEVICES)
        claim = None
        try:
            claim = claims.read_claim(deps, viewer, fields.get("code", ""))
            names = ("code", "resident_id", "place_id")
            made = claims.claim_device(deps, viewer, Claim.model_validate({n: fields.get(n, "") for n in names}))
        except REFUSALS as error:
            form = refused(fields, error, site.wording(request))
            return _claim_page(site, request, viewer, form, claim=claim, status=422)
        return site.page(request, "claimed.html", device=made, to=_name_of(site, viewer, made.resident_id))

    @pages.post("/devices/labels")
    def print_labels(request: Request, viewer: CurrentViewer, wanted: Annotated[Wanted, Depends(asked)]) -> Response:
        require(viewer, Permission.PROVISION)
        found = find_devices(deps, viewer, wanted, limit=_A_SHEET)
        labels = claims.make_labels(deps, viewer, [one.id for one in found.rows])
        return site.page(request, "labels.html", labels=labels, found=found)


def _name_of(site: Site, viewer: Viewer, resident_id: str) -> str:
    return dict(claims.residents_to_bind(site.deps, viewer)).get(resident_id, resident_id)


def _claim_page(
    site: Site, request: Request, viewer: Viewer, form: Form, *, claim: ClaimView | None = None, status: int = 200
) -> Response:
    is_free = claim is not None and claim.state == "free"
    return site.page(
        request,
        "claim.html",
        status=status,
        form=form,
        claim=claim,
        residents=claims.residents_to_bind(site.deps, viewer) if is_free else [],
        places=claims.places_to_bind(site.deps, viewer) if is_free else [],
    )
