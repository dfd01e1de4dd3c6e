"""The list of devices, to work with: found, filtered, sorted, page by page."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response

from api.context import CurrentViewer
from api.security.roles import Permission
from api.services.device_list import Order, State, Wanted, find_devices
from api.services.products import list_products
from api.web.admin.forms import Form
from api.web.site import Site
from api.web.wording import Wording

_PAGE = 100


def asked(
    *,
    q: Annotated[str, Query(max_length=100)] = "",
    state: Annotated[str, Query(max_length=16)] = "",
    codec: Annotated[str, Query(max_length=64)] = "",
    product: Annotated[str, Query(max_length=64)] = "",
    order: Annotated[str, Query(max_length=16)] = Order.ID.value,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Wanted:
    """Return what the address asks for."""
    return Wanted(q.strip(), state, codec, product, order, page)


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the list of devices."""

    @pages.get("/devices")
    def show_devices(request: Request, viewer: CurrentViewer, wanted: Annotated[Wanted, Depends(asked)]) -> Response:
        found = find_devices(site.deps, viewer, wanted, limit=_PAGE)
        may_provision = viewer.may(Permission.PROVISION)
        products = list_products(site.deps, viewer) if may_provision else []
        return site.page(
            request,
            "devices.html",
            found=found,
            form=Form(_values(wanted)),
            path_to=lambda page: "/devices?" + urlencode({**_values(wanted), "page": page}),
            may_provision=may_provision,
            may_manage_products=viewer.may(Permission.MANAGE_PRODUCTS),
            may_bind=viewer.may(Permission.BIND_DEVICES),
            sees_residents=viewer.may(Permission.READ_HEALTH),
            is_narrowed=bool(wanted.search or wanted.state or wanted.codec or wanted.product_id),
            **_choices(site, wanted, site.wording(request), [(one.id, one.name) for one in products]),
        )


def _values(wanted: Wanted) -> dict[str, str]:
    return {
        "q": wanted.search,
        "state": wanted.state,
        "codec": wanted.codec,
        "product": wanted.product_id,
        "order": wanted.order,
    }


def _choices(site: Site, wanted: Wanted, wording: Wording, products: list[tuple[str, str]]) -> dict[str, Any]:
    families = site.deps.families
    names = sorted({*site.deps.codecs, *([wanted.codec] if wanted.codec else [])})
    return {
        "states": [(one.value, wording.word("device_state", one.value)) for one in State],
        "orders": [(one.value, wording.word("device_order", one.value)) for one in Order],
        "codecs": [(name, families[name].title if name in families else name) for name in names],
        "products": products,
    }
