"""Products on pages: the list, a new one, one that is changed or switched off, its push key that is shown once."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from api.context import CurrentViewer
from api.errors import UnavailableError
from api.schemas.products import NewProduct, PollChange, ProductChange
from api.security.roles import Permission, Viewer, require
from api.services import products
from api.web.admin.forms import REFUSALS, Fields, Form, kept, refused
from api.web.site import Site

_NEW = ("id", "name", "vendor", "model", "codec")
_CHANGED = ("name", "model", "codec")
_POLL = ("account", "secret", "address", "period_s")


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the pages of products."""
    deps = site.deps

    @pages.get("/admin/products")
    def show_products(request: Request, viewer: CurrentViewer) -> Response:
        require(viewer, Permission.MANAGE_PRODUCTS)
        return site.page(request, "products.html", products=products.list_products(deps, viewer))

    @pages.get("/admin/products/new")
    def show_new(request: Request, viewer: CurrentViewer) -> Response:
        require(viewer, Permission.MANAGE_PRODUCTS)
        return _new_page(site, request, viewer, Form({"codec": "open_json"}))

    @pages.post("/admin/products/new")
    def make_product(request: Request, viewer: CurrentViewer, fields: Fields) -> Response:
        require(viewer, Permission.MANAGE_PRODUCTS)
        try:
            given = NewProduct.model_validate({name: fields[name] for name in _NEW if fields.get(name)})
            made = products.create_product(deps, viewer, given)
        except REFUSALS as error:
            return _new_page(site, request, viewer, refused(fields, error, site.wording(request)), status=422)
        return RedirectResponse(f"/admin/products/{made.id}?done=saved", status_code=303)

    _add_one(pages, site)
    _add_poll(pages, site)


def _add_one(pages: APIRouter, site: Site) -> None:
    deps = site.deps

    @pages.get("/admin/products/{product_id}")
    def show_product(
        request: Request, viewer: CurrentViewer, product_id: str, done: Annotated[str, Query(max_length=16)] = ""
    ) -> Response:
        return _product_page(site, request, viewer, product_id, done=done)

    @pages.post("/admin/products/{product_id}")
    def change_product(request: Request, viewer: CurrentViewer, product_id: str, fields: Fields) -> Response:
        require(viewer, Permission.MANAGE_PRODUCTS)
        try:
            facts = {name: fields[name] for name in _CHANGED if name in fields}
            switch = {"enabled": fields["enabled"] == "1"} if "enabled" in fields else {}
            products.change_product(deps, viewer, product_id, ProductChange.model_validate({**facts, **switch}))
        except REFUSALS as error:
            form = refused(fields, error, site.wording(request))
            return _product_page(site, request, viewer, product_id, form=form, status=422)
        return RedirectResponse(f"/admin/products/{product_id}?done=saved", status_code=303)

    @pages.post("/admin/products/{product_id}/key")
    def give_key(request: Request, viewer: CurrentViewer, product_id: str) -> Response:
        try:
            made = products.new_push_key(deps, viewer, product_id)
        except UnavailableError as error:
            form = kept({}, {"": error.said(site.wording(request).language)})
            return _product_page(site, request, viewer, product_id, form=form, status=409)
        return site.page(request, "product_key.html", product=made)


def _add_poll(pages: APIRouter, site: Site) -> None:
    deps = site.deps

    @pages.post("/admin/products/{product_id}/poll")
    def change_poll(request: Request, viewer: CurrentViewer, product_id: str, fields: Fields) -> Response:
        require(viewer, Permission.MANAGE_PRODUCTS)
        try:
            given = PollChange.model_validate({"account": "", **{n: fields[n] for n in _POLL if fields.get(n)}})
            products.change_product_poll(deps, viewer, product_id, given)
        except REFUSALS as error:
            poll = refused({**fields, "secret": ""}, error, site.wording(request))
            return _product_page(site, request, viewer, product_id, poll=poll, status=422)
        except UnavailableError as error:
            poll = kept({}, {"": error.said(site.wording(request).language)})
            return _product_page(site, request, viewer, product_id, poll=poll, status=409)
        return RedirectResponse(f"/admin/products/{product_id}?done=saved", status_code=303)


def _codecs(site: Site) -> list[tuple[str, str]]:
    families = site.deps.families
    return [
        (name, f"{families[name].title} · {name} ({', '.join(families[name].doors)})" if name in families else name)
        for name in sorted(site.deps.codecs)
    ]


def _new_page(site: Site, request: Request, viewer: Viewer, form: Form, *, status: int = 200) -> Response:
    is_admin = viewer.may(Permission.ADMINISTER)
    return site.page(request, "product_new.html", status=status, form=form, codecs=_codecs(site), names_vendor=is_admin)


def _product_page(
    site: Site,
    request: Request,
    viewer: Viewer,
    product_id: str,
    *,
    form: Form | None = None,
    poll: Form | None = None,
    done: str = "",
    status: int = 200,
) -> Response:
    product = products.read_product(site.deps, viewer, product_id)
    stands = {name: str(getattr(product, name)) for name in _CHANGED}
    typed = form if form is not None and form.values else Form(stands, form.errors if form else {})
    asked = product.poll
    polled = {"account": asked.account, "address": asked.address, "period_s": str(asked.period_s)} if asked else {}
    forms = {"form": typed, "poll_form": poll or Form(polled)}
    return site.page(
        request, "product.html", status=status, product=product, done=done, codecs=_codecs(site), forms=forms
    )
