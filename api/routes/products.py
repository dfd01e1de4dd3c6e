"""What vendors make."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.context import CurrentViewer, Deps
from api.problems import CONFLICT
from api.schemas.products import NewProduct, PollChange, ProductChange, ProductView, PushKey
from api.services import products

router = APIRouter(prefix="/products", tags=["devices"])


@router.get("", summary="List products")
def list_products(
    deps: Deps, viewer: CurrentViewer, codec: Annotated[str, Query(max_length=64)] = ""
) -> list[ProductView]:
    """Return the products the caller may see: a vendor's own, or all."""
    return products.list_products(deps, viewer, codec=codec)


@router.post("", status_code=201, summary="Enrol a product", responses=CONFLICT)
def create_product(deps: Deps, viewer: CurrentViewer, given: NewProduct) -> ProductView:
    """Enrol a product; the answer says where its vendor's cloud pushes to."""
    return products.create_product(deps, viewer, given)


@router.patch("/{product_id}", summary="Change a product, or switch it off")
def change_product(deps: Deps, viewer: CurrentViewer, product_id: str, given: ProductChange) -> ProductView:
    """Change what is given; the rest stays."""
    return products.change_product(deps, viewer, product_id, given)


@router.post("/{product_id}/key", summary="Give it a new push key")
def new_push_key(deps: Deps, viewer: CurrentViewer, product_id: str) -> PushKey:
    """Make a fresh key. The answer holds it, this once; the former one ends."""
    return products.new_push_key(deps, viewer, product_id)


@router.put("/{product_id}/poll", summary="Say how its vendor's cloud is asked")
def change_product_poll(deps: Deps, viewer: CurrentViewer, product_id: str, given: PollChange) -> ProductView:
    """Begin to ask it, change how, or end it with an empty account. The secret is never shown."""
    return products.change_product_poll(deps, viewer, product_id, given)
