"""The delivery log, for vendors and whoever looks after devices."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.context import CurrentViewer
from api.security.roles import Permission
from api.services.bench import LEAST_DEVICES, model_figures
from api.services.deliveries import list_deliveries
from api.services.products import list_products
from api.web.site import Site


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the delivery log."""

    @pages.get("/deliveries")
    def show_deliveries(
        request: Request,
        viewer: CurrentViewer,
        product_id: Annotated[str, Query(max_length=64)] = "",
        device_id: Annotated[str, Query(max_length=64)] = "",
    ) -> Response:
        sees_products = viewer.may(Permission.MANAGE_PRODUCTS)
        found = list_deliveries(site.deps, viewer, product_id=product_id, device_id=device_id.strip())
        return site.page(
            request,
            "deliveries.html",
            log=found,
            products=list_products(site.deps, viewer) if sees_products else [],
            product_id=product_id,
            device_id=device_id,
            figures=model_figures(site.deps, viewer) if sees_products else [],
            least=LEAST_DEVICES,
        )
